import Glibc

/// Very many points as one image: a vector picture of them would be megabytes that no viewer opens.
struct PointCloud {
  /// More points than this are painted.
  static let threshold = 10_000

  let raster: Raster

  /// Paints discs at two pixels to a point, later ones over earlier ones; nil on logarithmic axes, where images have no place.
  init?(_ x: [Double], _ y: [Double], _ colours: [Colour], _ size: Double, _ frame: Frame) {
    guard frame.plan.x.scale == .linear, frame.plan.y.scale == .linear, !colours.isEmpty else {
      return nil
    }
    let scale = 2.0
    let (width, height) = (Int(frame.plot.width * scale), Int(frame.plot.height * scale))
    let radius = size * scale / 2
    let reach = radius + 0.5
    // Colour already multiplied by opacity, and opacity.
    var painted = [SIMD4<Float>](repeating: .zero, count: width * height)
    let inks = colours.map(Self.ink)
    painted.withUnsafeMutableBufferPointer { painted in
      for i in x.indices {
        let ink = inks.count == x.count ? inks[i] : inks[0]
        let centreX = Frame.fraction(x[i], frame.xRange, .linear) * Double(width)
        let centreY = (1 - Frame.fraction(y[i], frame.yRange, .linear)) * Double(height)
        guard !centreX.isNaN, !centreY.isNaN else { continue }
        let columns = Self.pixels(around: centreX, reach, width)
        for row in Self.pixels(around: centreY, reach, height) {
          let down = Double(row) + 0.5 - centreY
          for column in columns {
            let across = Double(column) + 0.5 - centreX
            let coverage = max(0, min(1, reach - (across * across + down * down).squareRoot()))
            guard coverage > 0 else { continue }
            let over = ink * Float(coverage)
            painted[row * width + column] = over + painted[row * width + column] * (1 - over.w)
          }
        }
      }
    }
    var bytes = [UInt8](repeating: 0, count: painted.count * 4)
    for (place, pixel) in painted.enumerated() where pixel.w > 0 {
      for channel in 0..<3 {
        bytes[place * 4 + channel] = UInt8(max(0, min(255, pixel[channel] / pixel.w)).rounded())
      }
      bytes[place * 4 + 3] = UInt8((pixel.w * 255).rounded())
    }
    raster = Raster(trustedWidth: width, height: height, rgba: bytes)
  }

  /// The channels, multiplied by opacity, and the opacity of 0 to 1.
  private static func ink(_ colour: Colour) -> SIMD4<Float> {
    let opacity = Float(colour.alpha) / 255
    return SIMD4(
      Float(colour.red) * opacity, Float(colour.green) * opacity, Float(colour.blue) * opacity, opacity)
  }

  private static func pixels(around centre: Double, _ reach: Double, _ count: Int) -> Range<Int> {
    let first = Extent.whole(centre - reach, in: 0...count)
    return first..<max(first, Extent.whole(centre + reach + 1, in: 0...count))
  }
}
