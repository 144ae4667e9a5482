import Glibc

/// Very many points as one image: a vector picture of them would be megabytes that no viewer opens.
struct PointCloud {
  /// More points than this are painted.
  static let threshold = 10_000

  let raster: Raster

  /// Paints discs at two pixels to a point, later ones over earlier ones; nil on logarithmic axes, where images have no place.
  init?(_ x: [Double], _ y: [Double], _ colours: [Colour], _ size: Double, _ frame: Frame) {
    guard frame.plan.x.scale == .linear, frame.plan.y.scale == .linear, let first = colours.first else {
      return nil
    }
    let scale = 2.0
    let (width, height) = (Int(frame.plot.width * scale), Int(frame.plot.height * scale))
    let radius = size * scale / 2
    let reach = radius + 0.5
    // Colour already multiplied by opacity, and opacity.
    var painted = [Float](repeating: 0, count: width * height * 4)
    for i in x.indices {
      let colour = colours.count == x.count ? colours[i] : first
      let (red, green, blue) = (Float(colour.red), Float(colour.green), Float(colour.blue))
      let centreX = Frame.fraction(x[i], frame.xRange, .linear) * Double(width)
      let centreY = (1 - Frame.fraction(y[i], frame.yRange, .linear)) * Double(height)
      guard !centreX.isNaN, !centreY.isNaN else { continue }
      let columns = Self.pixels(around: centreX, reach, width)
      let rows = Self.pixels(around: centreY, reach, height)
      for row in rows {
        for column in columns {
          let distance = hypot(Double(column) + 0.5 - centreX, Double(row) + 0.5 - centreY)
          let coverage = max(0, min(1, reach - distance))
          guard coverage > 0 else { continue }
          let over = Float(coverage) * Float(colour.alpha) / 255
          let base = (row * width + column) * 4
          painted[base] = red * over + painted[base] * (1 - over)
          painted[base + 1] = green * over + painted[base + 1] * (1 - over)
          painted[base + 2] = blue * over + painted[base + 2] * (1 - over)
          painted[base + 3] = over + painted[base + 3] * (1 - over)
        }
      }
    }
    var bytes = [UInt8](repeating: 0, count: painted.count)
    for base in stride(from: 0, to: painted.count, by: 4) where painted[base + 3] > 0 {
      for channel in 0..<3 {
        bytes[base + channel] = UInt8(max(0, min(255, painted[base + channel] / painted[base + 3])).rounded())
      }
      bytes[base + 3] = UInt8((painted[base + 3] * 255).rounded())
    }
    raster = Raster(trustedWidth: width, height: height, rgba: bytes)
  }

  private static func pixels(around centre: Double, _ reach: Double, _ count: Int) -> Range<Int> {
    let first = Extent.whole(centre - reach, in: 0...count)
    return first..<max(first, Extent.whole(centre + reach + 1, in: 0...count))
  }
}
