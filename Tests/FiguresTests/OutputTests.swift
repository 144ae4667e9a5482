import Foundation
import Testing

@testable import Figures

@Suite("Files that come out") struct OutputTests {
  static let names = [
    "lines", "classes", "loss", "faces", "histogram", "bars", "confusion", "landscape", "valued", "grid",
    "contours", "twin", "spread",
    "spectrum", "strips",
  ]

  static func figure(_ name: String) throws -> Figure {
    try #require(try Gallery.all().first { $0.name == name }).figure
  }

  @Test(.enabled(if: hasGnuplot), arguments: names)
  func `an SVG is well-formed, self-contained and the same every time`(name: String) throws {
    let figure = try Self.figure(name)
    let svg = try figure.svg()
    #expect(try figure.svg(using: Gnuplot()) == svg)
    let xml = try XML(svg)
    #expect(xml.names.first == "svg")
    #expect(xml.names.contains("title"))
    let root = try #require(xml.attributes.first)
    let size = try Layout(figure).size
    #expect(root["viewBox"] == "0 0 \(Int(size.width)) \(Int(size.height))")
    #expect(root["style"] == "max-width:100%;height:auto")
    #expect(!xml.names.contains("script"))
    for attributes in xml.attributes {
      for (key, value) in attributes {
        #expect(!key.hasPrefix("on"), "\(key)")
        if key.hasSuffix("href") {
          #expect(value.hasPrefix("#faa-") || value.hasPrefix("data:image/png;base64,"))
        }
        if key == "id" { #expect(value.hasPrefix("faa-")) }
      }
    }
    let ids = xml.attributes.compactMap { $0["id"] }
    #expect(Set(ids).count == ids.count)
    for reference in xml.attributes.compactMap({ $0["xlink:href"] }) where reference.hasPrefix("#") {
      #expect(ids.contains(String(reference.dropFirst())))
    }
    // Images are text in base 64, in which any word may occur.
    let markup = svg.split(separator: "\n").filter { !$0.contains("base64,") }.joined(separator: "\n")
    for word in ["/tmp", "gnuplot", "GNUPLOT", "FAA"] { #expect(!markup.contains(word), "\(word)") }
  }

  @Test(.enabled(if: hasGnuplot)) func `ids of different figures differ, and a prefix is kept`() throws {
    func ids(_ svg: String) throws -> Set<String> { Set(try XML(svg).attributes.compactMap { $0["id"] }) }
    let first = try ids(Gallery.classes.svg())
    #expect(first.count == 1)  // the title's: dots need no symbol
    #expect(first.isDisjoint(with: try ids(Gallery.valued.svg())))
    let prefixed = try ids(Gallery.classes.svg(idPrefix: "cell 3\""))
    #expect(prefixed.allSatisfy { $0.hasPrefix("fcell-3--") })
  }

  @Test(.enabled(if: hasGnuplot)) func `a transparent theme paints no page`() throws {
    var figure = Gallery.lines
    #expect(try figure.svg().contains("<rect width=\"640\" height=\"400\" fill=\"#ffffff\"/>"))
    figure.theme = .dark.transparent
    #expect(!(try figure.svg().contains("<rect width=")))
    let png = try Raster(png: figure.png(scale: 1))
    #expect(png.colour(x: 1, y: 1).alpha == 0)
  }

  @Test(.enabled(if: hasGnuplot), arguments: [(0.5, 320, 200), (1, 640, 400), (2, 1280, 800)])
  func `a PNG has the pixels asked for`(scale: Double, width: Int, height: Int) throws {
    let bytes = try Gallery.lines.png(scale: scale)
    #expect(Array(bytes.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    let raster = try Raster(png: bytes)
    #expect((raster.width, raster.height) == (width, height))
    #expect(raster.colour(x: 0, y: 0) == Colour(0xFFFFFF))
  }

  @Test(.enabled(if: hasGnuplot)) func `images keep their colours and edges`() throws {
    // Four pixels become four even squares, the first row on top.
    let bytes: [UInt8] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 250, 240, 10]
    let image = try Raster(width: 2, height: 2, channels: 3, bytes: bytes)
    let figure = Figure.images([image], size: Size(224, 224))
    let drawn = try Raster(png: figure.png(scale: 1))
    let expected = [
      (40, 40, Colour(0xFF0000)), (180, 40, Colour(0x00FF00)), (40, 180, Colour(0x0000FF)),
      (180, 180, Colour(0xFAF00A)),
    ]
    for (x, y, colour) in expected { #expect(drawn.colour(x: x, y: y) == colour) }
    // Just beside the inner edge nothing is blended.
    #expect(drawn.colour(x: 109, y: 40) == Colour(0xFF0000))
    #expect(drawn.colour(x: 114, y: 40) == Colour(0x00FF00))
  }

  @Test(.enabled(if: hasGnuplot)) func `save knows four endings and says so`() throws {
    try withTemporaryDirectory { directory in
      let heads: [(String, [UInt8])] = [
        ("a.svg", Array("<svg ".utf8)), ("a.PNG", [0x89, 0x50]), ("a.pdf", Array("%PDF".utf8)),
        ("a.txt", Array("Damped".utf8)), ("a.tex", Array("% Needs \\usepackage{tikz}".utf8)),
      ]
      for (name, head) in heads {
        let path = "\(directory)/\(name)"
        try Gallery.lines.save(to: path)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(Array(bytes.prefix(head.count)) == head)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).count == heads.count)
      for name in ["a.gif", "a", "svg", ".svg/", ""] {
        let error = #expect(throws: FigureError.self) { try Gallery.lines.save(to: name) }
        #expect(error == .unknownFormat(path: name))
      }
      let missing = "\(directory)/no/a.svg"
      let error = #expect(throws: FigureError.self) { try Gallery.lines.save(to: missing) }
      #expect(error == .file(path: missing, reason: "cannot write: No such file or directory"))
    }
  }

  @Test func `a PNG written is the image read`() throws {
    let image = try Gallery.face(3, 17)
    #expect(try Raster(png: image.png()) == image)
    #expect(throws: FigureError.self) { try Raster(png: []) }
    let cut = Array(try image.png().prefix(60))
    #expect(throws: FigureError.self) { try Raster(png: cut) }
  }
}
