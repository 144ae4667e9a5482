extension Raster {
  /// The image as DEC sixel graphics, which many terminals draw at the cursor: at most `maxWidth` pixels wide, on white, in up to 255
  /// colours chosen by median cut (P. Heckbert, "Color image quantization for frame buffer display", SIGGRAPH 1982).
  public func sixel(maxWidth: Int = .max) -> String {
    let image = narrowed(to: max(1, maxWidth))
    let (palette, indices) = Palette.quantize(image)
    // `P2 = 1`: pixels that no colour sets keep the background. Raster attributes: square pixels, extents.
    var result = Array("\u{1B}P0;1;0q\"1;1;\(image.width);\(image.height)".utf8)
    for (index, colour) in palette.enumerated() {
      let parts = [colour.0, colour.1, colour.2].map { (Int($0) * 100 + 127) / 255 }
      result += "#\(index);2;\(parts[0]);\(parts[1]);\(parts[2])".utf8
    }
    for top in stride(from: 0, to: image.height, by: 6) {
      let rows = min(6, image.height - top)
      var columns: [Int: [UInt8]] = [:]
      for row in 0..<rows {
        for x in 0..<image.width {
          let colour = Int(indices[(top + row) * image.width + x])
          columns[colour, default: [UInt8](repeating: 0, count: image.width)][x] |= 1 << UInt8(row)
        }
      }
      for (position, colour) in columns.keys.sorted().enumerated() {
        if position > 0 { result.append(UInt8(ascii: "$")) }
        result += "#\(colour)".utf8
        Raster.append(columns[colour] ?? [], to: &result)
      }
      result.append(UInt8(ascii: "-"))
    }
    return String(decoding: result, as: UTF8.self) + "\u{1B}\\"
  }

  /// Six pixels a character from `?` on; `!n` repeats the character behind it.
  private static func append(_ bits: [UInt8], to result: inout [UInt8]) {
    var start = 0
    while start < bits.count {
      let run = bits[start...].prefix { $0 == bits[start] }.count
      let character = 63 + bits[start]
      if run > 3 {
        result += "!\(run)".utf8
        result.append(character)
      } else {
        result += [UInt8](repeating: character, count: run)
      }
      start += run
    }
  }

  /// A smaller image, each pixel the mean of those it covers; this one where it is narrow enough.
  private func narrowed(to maxWidth: Int) -> Raster {
    guard width > maxWidth else { return self }
    let newHeight = max(1, height * maxWidth / width)
    var result = [UInt8](repeating: 0, count: maxWidth * newHeight * 4)
    for y in 0..<newHeight {
      let rows = (y * height / newHeight)..<max((y + 1) * height / newHeight, y * height / newHeight + 1)
      for x in 0..<maxWidth {
        let columns = (x * width / maxWidth)..<max((x + 1) * width / maxWidth, x * width / maxWidth + 1)
        for channel in 0..<4 {
          var sum = 0
          for row in rows { for column in columns { sum += Int(rgba[(row * width + column) * 4 + channel]) } }
          result[(y * maxWidth + x) * 4 + channel] = UInt8(sum / (rows.count * columns.count))
        }
      }
    }
    return Raster(trustedWidth: maxWidth, height: newHeight, rgba: result)
  }
}

/// A few colours for many.
private enum Palette {
  typealias Colour = (UInt8, UInt8, UInt8)
  private static let limit = 255

  /// A box of colours: bins of 32 levels a channel.
  private struct Box {
    var bins: [Int]
    var pixels: Int

    static func channel(_ bin: Int, _ channel: Int) -> Int { (bin >> (10 - 5 * channel)) & 31 }

    func extent(_ channel: Int) -> Int {
      let levels = bins.map { Box.channel($0, channel) }
      return (levels.max() ?? 0) - (levels.min() ?? 0)
    }
  }

  /// The palette and, for every pixel on white, the number of its colour.
  static func quantize(_ image: Raster) -> (palette: [Colour], indices: [UInt8]) {
    var counts = [Int](repeating: 0, count: 1 << 15)
    var sums = [(Int, Int, Int)](repeating: (0, 0, 0), count: 1 << 15)
    var bins = [Int](repeating: 0, count: image.width * image.height)
    for pixel in bins.indices {
      let opacity = Int(image.rgba[pixel * 4 + 3])
      func onWhite(_ channel: Int) -> Int {
        (Int(image.rgba[pixel * 4 + channel]) * opacity + 255 * (255 - opacity) + 127) / 255
      }
      let (red, green, blue) = (onWhite(0), onWhite(1), onWhite(2))
      let bin = (red >> 3) << 10 | (green >> 3) << 5 | blue >> 3
      bins[pixel] = bin
      counts[bin] += 1
      sums[bin] = (sums[bin].0 + red, sums[bin].1 + green, sums[bin].2 + blue)
    }
    let used = counts.indices.filter { counts[$0] > 0 }
    var boxes = [Box(bins: used, pixels: bins.count)]
    while boxes.count < min(limit, used.count) {
      // The box with the most pixels that still holds different colours.
      guard
        let index = boxes.indices.filter({ boxes[$0].bins.count > 1 }).max(by: {
          boxes[$0].pixels < boxes[$1].pixels
        })
      else { break }
      let (low, high) = halves(of: boxes[index], counts)
      boxes[index] = low
      boxes.append(high)
    }
    var numbers = [UInt8](repeating: 0, count: 1 << 15)
    let palette = boxes.enumerated().map { number, box -> Colour in
      var total = (0, 0, 0)
      for bin in box.bins {
        numbers[bin] = UInt8(number)
        total = (total.0 + sums[bin].0, total.1 + sums[bin].1, total.2 + sums[bin].2)
      }
      let count = max(1, box.pixels)
      return (UInt8(total.0 / count), UInt8(total.1 / count), UInt8(total.2 / count))
    }
    return (palette, bins.map { numbers[$0] })
  }

  /// The box cut along its longest side where half of its pixels lie on either part.
  private static func halves(of box: Box, _ counts: [Int]) -> (Box, Box) {
    let channel = (0..<3).max { box.extent($0) < box.extent($1) } ?? 0
    let sorted = box.bins.sorted { (Box.channel($0, channel), $0) < (Box.channel($1, channel), $1) }
    var (pixels, cut) = (0, 0)
    while cut < sorted.count - 1, cut == 0 || pixels * 2 < box.pixels {
      pixels += counts[sorted[cut]]
      cut += 1
    }
    return (
      Box(bins: Array(sorted[..<cut]), pixels: pixels),
      Box(bins: Array(sorted[cut...]), pixels: box.pixels - pixels)
    )
  }
}
