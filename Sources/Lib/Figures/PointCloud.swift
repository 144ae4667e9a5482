import Glibc

/// Very many points as one image: a vector picture of them would be megabytes that no viewer opens.
struct PointCloud {
  /// More points than this are painted.
  static let threshold = 10_000
  /// Pixels to a point of the page.
  static let scale = 2.0

  let raster: Raster

  /// Paints discs, later ones over earlier ones; nil where there is no colour.
  init?(_ x: [Double], _ y: [Double], _ colours: [Colour], _ size: Double, _ frame: Frame) {
    guard !colours.isEmpty else { return nil }
    let (width, height) = (Int(frame.plot.width * Self.scale), Int(frame.plot.height * Self.scale))
    let disc = Disc(radius: size * Self.scale / 2)
    // A margin all around takes the discs that stand out over the edge: none has to be cut.
    let margin = 2 * disc.reach
    let (columns, rows) = (width + 2 * margin, height + 2 * margin)
    let stamps = disc.stamps(rowLength: columns)
    // Colour already multiplied by opacity, and opacity.
    var painted = [SIMD4<Float>](repeating: .zero, count: columns * rows)
    let inks = colours.map(Self.ink)
    let (across, up) = (frame.across, frame.up)
    let low = Double(disc.reach)
    let (high, deep) = (Double(columns) - low, Double(rows) - low)
    painted.withUnsafeMutableBufferPointer { painted in
      for i in x.indices {
        let centreX = across.fraction(x[i]) * Double(width) + Double(margin)
        let centreY = (1 - up.fraction(y[i])) * Double(height) + Double(margin)
        // Also false for NaN.
        guard centreX >= low, centreX < high, centreY >= low, centreY < deep else { continue }
        let (column, row) = (Int(centreX), Int(centreY))
        let ink = inks.count == x.count ? inks[i] : inks[0]
        let phase = Disc.phase(centreX - Double(column), centreY - Double(row))
        let start = row * columns + column
        for spot in stamps[phase] {
          let over = ink * spot.coverage
          painted[start + spot.offset] = over + painted[start + spot.offset] * (1 - over.w)
        }
      }
    }
    var bytes = [UInt8](repeating: 0, count: width * height * 4)
    for row in 0..<height {
      for column in 0..<width {
        let pixel = painted[(row + margin) * columns + column + margin]
        guard pixel.w > 0 else { continue }
        let place = (row * width + column) * 4
        for channel in 0..<3 {
          bytes[place + channel] = UInt8(max(0, min(255, pixel[channel] / pixel.w)).rounded())
        }
        bytes[place + 3] = UInt8((pixel.w * 255).rounded())
      }
    }
    raster = Raster(trustedWidth: width, height: height, rgba: bytes)
  }

  /// The channels, multiplied by opacity, and the opacity of 0 to 1.
  private static func ink(_ colour: Colour) -> SIMD4<Float> {
    let opacity = Float(colour.alpha) / 255
    return SIMD4(
      Float(colour.red) * opacity, Float(colour.green) * opacity, Float(colour.blue) * opacity, opacity)
  }
}

/// A disc on a grid of pixels, drawn in advance for centres at sixteen places in a pixel.
private struct Disc {
  let radius: Double
  /// No pixel further away than this is touched.
  var reach: Int { Int((radius + 0.5).rounded(.up)) + 1 }

  struct Spot {
    /// From the centre's pixel, in an image whose rows follow each other.
    let offset: Int
    /// How much of the pixel is in the disc.
    let coverage: Float
  }

  private static let steps = 4

  /// The place of a centre in its pixel.
  static func phase(_ x: Double, _ y: Double) -> Int {
    Int(y * Double(steps)) * steps + Int(x * Double(steps))
  }

  /// The pixels of each place.
  func stamps(rowLength: Int) -> [[Spot]] {
    (0..<(Self.steps * Self.steps)).map { phase in
      let centreX = (Double(phase % Self.steps) + 0.5) / Double(Self.steps)
      let centreY = (Double(phase / Self.steps) + 0.5) / Double(Self.steps)
      return (-reach...reach).flatMap { row in
        (-reach...reach).compactMap { column -> Spot? in
          let distance = hypot(Double(column) + 0.5 - centreX, Double(row) + 0.5 - centreY)
          let coverage = max(0, min(1, radius + 0.5 - distance))
          return coverage > 0 ? Spot(offset: row * rowLength + column, coverage: Float(coverage)) : nil
        }
      }
    }
  }
}
