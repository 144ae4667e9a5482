import Glibc

/// What the camera does to a picture: blur, noise that grows with the light, clipping to 0...1.
struct Sensor {
  private let size: Int
  private let deviation: Float
  private let noise: Float
  private let grain: UInt32

  init(_ conditions: Conditions, size: Int) {
    self.size = size
    deviation = conditions.blur * Float(size)
    noise = conditions.noise
    grain = conditions.grain
  }

  func expose(_ pixels: UnsafeMutablePointer<Float>) {
    if deviation > 0.2 {
      for channel in 0..<3 { blur(pixels + channel * size * size) }
    }
    let plane = size * size
    if noise <= 0 {
      for index in 0..<3 * plane { pixels[index] = unit(pixels[index]) }
      return
    }
    for index in 0..<plane {
      // Triangular noise, partly shared by the channels; 2.1 makes the deviation of the sum 1.
      let a = Grain.hash(grain, UInt32(truncatingIfNeeded: index))
      let b = Grain.hash(grain ^ 0xA5A5_A5A5, UInt32(truncatingIfNeeded: index))
      let shared = triangular(a)
      let scale = noise * 2.1
      expose(pixels + index, shared + 0.6 * triangular(b), scale)
      expose(pixels + plane + index, shared + 0.6 * triangular(b &* 0x9E37_79B1), scale)
      expose(pixels + 2 * plane + index, shared + 0.6 * triangular(b &* 0x85EB_CA77), scale)
    }
  }

  /// Shot noise: the deviation grows with the square root of the light.
  @inline(__always) private func expose(_ pixel: UnsafeMutablePointer<Float>, _ draw: Float, _ scale: Float) {
    let value = max(0, pixel.pointee)
    pixel.pointee = unit(value + draw * scale * (0.12 + value).squareRoot() * 1.27)
  }

  /// Sum of two uniforms in -1...1 from the two halves of a word.
  @inline(__always) private func triangular(_ word: UInt32) -> Float {
    (Float(word >> 16) + Float(word & 0xFFFF)) * 0x1p-16 - 1
  }

  /// A separable Gaussian with reflecting borders.
  private func blur(_ plane: UnsafeMutablePointer<Float>) {
    let radius = min(size - 1, max(1, Int(min(deviation, 64) * 2.5 + 0.5)))
    var kernel = (0...radius).map { expf(-0.5 * Float($0 * $0) / (deviation * deviation)) }
    let total = 2 * kernel.reduce(0, +) - kernel[0]
    for tap in kernel.indices { kernel[tap] /= total }
    var line = [Float](repeating: 0, count: size)
    func pass(_ start: Int, _ stride: Int) {
      for i in 0..<size { line[i] = plane[start + i * stride] }
      for i in 0..<size {
        var sum = line[i] * kernel[0]
        for tap in 1...radius {
          let low = abs(i - tap)
          let high = i + tap < size ? i + tap : 2 * (size - 1) - i - tap
          sum += kernel[tap] * (line[low] + line[high])
        }
        plane[start + i * stride] = sum
      }
    }
    for row in 0..<size { pass(row * size, 1) }
    for column in 0..<size { pass(column, size) }
  }
}
