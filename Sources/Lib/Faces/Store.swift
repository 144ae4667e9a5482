import Dispatch
import Glibc
import Tensor

/// The images and labels of a full data set.
final class FaceStore: Sendable {
  let pixels: [Float]
  let labels: [FaceLabels]

  /// The number of cores this process may use.
  static var cores: Int { max(1, min(64, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) }

  /// How many images a thread draws before the user may interrupt.
  private static let stride = 64

  init(_ recipe: FaceRecipe, threads: Int) throws {
    let length = 3 * recipe.size * recipe.size
    let labels = UnsafeMutableBufferPointer<FaceLabels>.allocate(capacity: recipe.count)
    var finished = 0
    defer {
      labels[0..<finished].deinitialize()
      labels.deallocate()
    }
    pixels = try Array(unsafeUninitializedCapacity: recipe.count * length) { pixels, initialized in
      guard let image = pixels.baseAddress, let label = labels.baseAddress else { return }
      let canvas = Canvas(pixels: image, labels: label, length: length)
      while finished < recipe.count {
        try checkInterrupt()
        let end = min(recipe.count, finished + Self.stride * threads)
        Self.draw(recipe, finished..<end, on: canvas, threads: min(threads, end - finished))
        finished = end
      }
      initialized = recipe.count * length
    }
    self.labels = Array(labels)
  }

  /// Where images and labels go; every index is written by one thread only.
  private struct Canvas: @unchecked Sendable {
    let pixels: UnsafeMutablePointer<Float>
    let labels: UnsafeMutablePointer<FaceLabels>
    let length: Int
  }

  private static func draw(_ recipe: FaceRecipe, _ range: Range<Int>, on canvas: Canvas, threads: Int) {
    DispatchQueue.concurrentPerform(iterations: threads) { worker in
      for index in Swift.stride(from: range.lowerBound + worker, to: range.upperBound, by: threads) {
        let (scene, performance) = recipe.scene(index)
        Renderer(scene, size: recipe.size).draw(into: canvas.pixels + index * canvas.length)
        var votes = RandomStream(seed: recipe.seed, stream: Stream.votes(image: index))
        let labels = FaceLabels(
          scene, performance, subject: index % recipe.subjects, size: recipe.size, random: &votes)
        (canvas.labels + index).initialize(to: labels)
      }
    }
  }
}

extension FaceScene {
  /// Draws the scene: planar RGB in 0...1, `3 * size * size` values, rows from the top.
  /// - Throws: ``FacesError/badParameter(name:value:allowed:)`` for a size outside 16...512.
  public func draw(size: Int) throws(FacesError) -> [Float] {
    try FaceRecipe.check("size", size, in: 16...512)
    let renderer = Renderer(self, size: size)
    let count = 3 * size * size
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let base = buffer.baseAddress else { return }
      renderer.draw(into: base)
      initialized = count
    }
  }
}
