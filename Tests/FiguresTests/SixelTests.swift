import Testing

@testable import Figures

@Suite("Sixel graphics") struct SixelTests {
  /// What a terminal draws for sixel data: colours in percent by position. Written from the DEC STD 070 description of the data syntax.
  private struct Screen {
    var pixels: [[Int]: [Int]] = [:]
    var size = (0, 0)

    init(_ data: String) throws {
      let text = Array(data.unicodeScalars)
      var index = try #require(text.firstIndex(of: "q")) + 1
      var (x, top, colour) = (0, 0, 0)
      var palette: [Int: [Int]] = [:]
      func numbers() -> [Int] {
        let start = index
        while index < text.count, text[index] == ";" || ("0"..."9").contains(text[index]) { index += 1 }
        return String(String.UnicodeScalarView(text[start..<index])).split(separator: ";").compactMap {
          Int($0)
        }
      }
      while index < text.count, text[index] != "\u{1B}" {
        let command = text[index]
        index += 1
        switch command {
        case "\"":
          let attributes = numbers()
          size = (attributes[2], attributes[3])
        case "#":
          let parts = numbers()
          colour = parts[0]
          if parts.count == 5 { palette[colour] = Array(parts[2...]) }
        case "$": x = 0
        case "-": (x, top) = (0, top + 6)
        default:
          var (count, bits) = (1, command)
          if command == "!" {
            count = numbers()[0]
            bits = text[index]
            index += 1
          }
          let value = Int(bits.value) - 63
          try #require((0..<64).contains(value))
          for column in x..<(x + count) {
            for row in 0..<6 where value >> row & 1 == 1 { pixels[[column, top + row]] = palette[colour] }
          }
          x += count
        }
      }
    }
  }

  @Test("few colours are drawn as they are", arguments: [(1, 1), (3, 5), (7, 6), (40, 13)])
  func exact(width: Int, height: Int) throws {
    let colours: [[UInt8]] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]]
    var bytes: [UInt8] = []
    for pixel in 0..<(width * height) { bytes += colours[(pixel * pixel + pixel / 3) % colours.count] }
    let raster = try Raster(width: width, height: height, channels: 3, bytes: bytes)
    let data = raster.sixel()
    #expect(data.hasPrefix("\u{1B}P") && data.hasSuffix("\u{1B}\\"))
    let screen = try Screen(data)
    #expect(screen.size == (width, height) && screen.pixels.count == width * height)
    for pixel in 0..<(width * height) {
      let drawn = screen.pixels[[pixel % width, pixel / width]]
      #expect(drawn == (0..<3).map { Int(bytes[pixel * 3 + $0]) * 100 / 255 })
    }
  }

  @Test("many colours are drawn nearly as they are, on white where they are transparent") func many() throws {
    var rgba: [UInt8] = []
    for y in 0..<64 { for x in 0..<64 { rgba += [UInt8(x * 4), UInt8(y * 4), 128, x < 2 ? 0 : 255] } }
    let screen = try Screen(try Raster(width: 64, height: 64, channels: 4, bytes: rgba).sixel())
    #expect(screen.pixels[[0, 10]] == [100, 100, 100])
    var worst = 0
    for y in 0..<64 {
      for x in 2..<64 {
        let drawn = try #require(screen.pixels[[x, y]])
        worst = max(worst, abs(drawn[0] - x * 400 / 255), abs(drawn[1] - y * 400 / 255))
      }
    }
    // 255 colours of a square of 62 x 64: a block is about 4 x 4 pixels, 1.6 % a pixel.
    #expect(worst <= 8)
  }

  @Test("a wide image is made to fit") func narrowed() throws {
    let bytes = (0..<(100 * 50)).map { UInt8($0 % 100 < 50 ? 0 : 255) }
    let screen = try Screen(try Raster(width: 100, height: 50, channels: 1, bytes: bytes).sixel(maxWidth: 10))
    #expect(screen.size == (10, 5))
    #expect(screen.pixels[[4, 4]] == [0, 0, 0] && screen.pixels[[5, 0]] == [100, 100, 100])
  }
}
