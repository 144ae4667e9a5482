/// An image of 8-bit RGBA pixels, row-major from the top.
public struct Raster: Codable, Equatable, Sendable {
  /// Extents in pixels.
  public let width, height: Int
  /// `width * height * 4` bytes: red, green, blue, opacity.
  public let rgba: [UInt8]

  /// An image from interleaved bytes with 1 (grey), 3 (RGB) or 4 (RGBA) channels.
  public init(width: Int, height: Int, channels: Int, bytes: [UInt8]) throws {
    let count = try Raster.count(width, height)
    guard [1, 3, 4].contains(channels) else {
      throw FigureError.invalid(mark: "image", "\(channels) channels; an image has 1, 3 or 4")
    }
    guard bytes.count == count * channels else {
      throw FigureError.lengths(
        mark: "image",
        "\(width)x\(height) pixels of \(channels) channels need \(count * channels) bytes, not \(bytes.count)"
      )
    }
    self.width = width
    self.height = height
    if channels == 4 {
      rgba = bytes
      return
    }
    rgba = [UInt8](unsafeUninitializedCapacity: count * 4) { buffer, initialised in
      for pixel in 0..<count {
        for channel in 0..<3 {
          buffer[pixel * 4 + channel] = bytes[channels == 1 ? pixel : pixel * 3 + channel]
        }
        buffer[pixel * 4 + 3] = 255
      }
      initialised = count * 4
    }
  }

  /// An image from numbers: `range` maps to black...white (or each channel's extremes). Values outside are
  /// clamped, NaN is transparent. Channels are interleaved, or in separate planes where `planar`.
  public init<Number: BinaryFloatingPoint>(
    width: Int, height: Int, channels: Int, values: [Number], range: ClosedRange<Number> = 0...1,
    planar: Bool = false
  ) throws {
    let count = try Raster.count(width, height)
    guard [1, 3].contains(channels) else {
      throw FigureError.invalid(mark: "image", "\(channels) channels; an image of numbers has 1 or 3")
    }
    guard values.count == count * channels else {
      throw FigureError.lengths(
        mark: "image",
        "\(width)x\(height) pixels of \(channels) channels need \(count * channels) numbers, not \(values.count)"
      )
    }
    let span = range.upperBound - range.lowerBound
    let scale: Number = span > 0 ? 255 / span : 0
    var bytes = [UInt8](repeating: 255, count: count * 4)
    for pixel in 0..<count {
      for channel in 0..<3 {
        let source = channels == 1 ? pixel : planar ? channel * count + pixel : pixel * 3 + channel
        let level = (values[source] - range.lowerBound) * scale
        if level.isNaN {
          bytes[pixel * 4 + 3] = 0
        } else {
          bytes[pixel * 4 + channel] = UInt8(max(0, min(255, level)).rounded())
        }
      }
    }
    self.width = width
    self.height = height
    rgba = bytes
  }

  init(trustedWidth width: Int, height: Int, rgba: [UInt8]) {
    (self.width, self.height, self.rgba) = (width, height, rgba)
  }

  /// The image under a semi-transparent map of numbers, as attention and saliency are shown. The map's grid
  /// is stretched over the image with bilinear interpolation; `range` nil spans the map's values.
  public func overlaid(
    with values: [Double], rows: Int, columns: Int, colormap: Colormap = .magma,
    range: ClosedRange<Double>? = nil, opacity: Double = 0.55
  ) throws -> Raster {
    guard rows > 0, columns > 0, values.count == rows * columns else {
      throw FigureError.lengths(mark: "overlay", "\(rows)x\(columns) cells, \(values.count) numbers")
    }
    let scale = range ?? Extent.of(values) ?? 0...1
    let span = scale.upperBound - scale.lowerBound
    var bytes = rgba
    for y in 0..<height {
      for x in 0..<width {
        let value = Raster.bilinear(
          values, rows: rows, columns: columns, x: (Double(x) + 0.5) / Double(width) * Double(columns) - 0.5,
          y: (Double(y) + 0.5) / Double(height) * Double(rows) - 0.5)
        guard let over = colormap.colour(at: span > 0 ? (value - scale.lowerBound) / span : 0) else {
          continue
        }
        let base = (y * width + x) * 4
        let under = Colour(red: bytes[base], green: bytes[base + 1], blue: bytes[base + 2])
        let mixed = under.mixed(with: over, max(0, min(1, opacity)))
        (bytes[base], bytes[base + 1], bytes[base + 2]) = (mixed.red, mixed.green, mixed.blue)
      }
    }
    return Raster(trustedWidth: width, height: height, rgba: bytes)
  }

  private static func bilinear(_ values: [Double], rows: Int, columns: Int, x: Double, y: Double) -> Double {
    let x = max(0, min(Double(columns - 1), x))
    let y = max(0, min(Double(rows - 1), y))
    let (column, row) = (Int(x), Int(y))
    let (right, below) = (min(column + 1, columns - 1), min(row + 1, rows - 1))
    let (u, v) = (x - Double(column), y - Double(row))
    let top = values[row * columns + column] * (1 - u) + values[row * columns + right] * u
    let bottom = values[below * columns + column] * (1 - u) + values[below * columns + right] * u
    return top * (1 - v) + bottom * v
  }

  func colour(x: Int, y: Int) -> Colour {
    let base = (y * width + x) * 4
    return Colour(red: rgba[base], green: rgba[base + 1], blue: rgba[base + 2], alpha: rgba[base + 3])
  }

  /// The mean colour of a rectangle of pixels (at least one), over `page` where the image is transparent.
  func mean(x: Range<Int>, y: Range<Int>, over page: Colour) -> Colour {
    var (red, green, blue, count) = (0.0, 0.0, 0.0, 0.0)
    for row in y {
      for column in x {
        let pixel = colour(x: column, y: row)
        let seen = page.mixed(with: pixel, Double(pixel.alpha) / 255)
        red += Double(seen.red)
        green += Double(seen.green)
        blue += Double(seen.blue)
        count += 1
      }
    }
    guard count > 0 else { return page }
    return Colour(
      red: UInt8((red / count).rounded()), green: UInt8((green / count).rounded()),
      blue: UInt8((blue / count).rounded()))
  }

  // 2^28 pixels are a gigabyte; the bound also keeps every product below far from overflow.
  private static func count(_ width: Int, _ height: Int) throws -> Int {
    guard width > 0, height > 0, width <= 1 << 20, height <= 1 << 20, width * height <= 1 << 28 else {
      throw FigureError.invalid(mark: "image", "extents \(width)x\(height) are out of range")
    }
    return width * height
  }
}

extension Raster {
  /// The image at a whole multiple of its size (pixels repeated), at least `width` wide.
  func enlarged(toAtLeast target: Int) -> Raster {
    let factor = min(64, (target + width - 1) / width)
    guard factor > 1 else { return self }
    let (newWidth, newHeight) = (width * factor, height * factor)
    var bytes = [UInt8](repeating: 0, count: newWidth * newHeight * 4)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let source = ((y / factor) * width + x / factor) * 4
        let target = (y * newWidth + x) * 4
        for channel in 0..<4 { bytes[target + channel] = rgba[source + channel] }
      }
    }
    return Raster(trustedWidth: newWidth, height: newHeight, rgba: bytes)
  }
}
