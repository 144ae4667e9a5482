import Foundation
import Testing

@testable import Figures

@Suite("Figures for LaTeX") struct TikZTests {
  static let words: [(String, String)] = [
    ("loss_k", "loss\\_k"), ("100 % & more", "100 \\% \\& more"),
    ("θ₁ − σ²", "$\\theta$$_{1}$ $-$ $\\sigma$$^{2}$"),
    ("\\input{x}", "\\textbackslash{}input\\{x\\}"), ("plain", "plain"),
    ("$x^2$", "\\$x\\textasciicircum{}2\\$"),
  ]

  @Test(arguments: words) func `words are set as they stand`(text: String, escaped: String) {
    #expect(TikZ.escaped(text) == escaped)
  }

  @Test func `elements become paths, marks and nodes`() throws {
    let svg = """
      <svg viewBox="0 0 10 10">
      <defs>
      <circle id='f-p5' stroke-width='0.222' cx='0' cy='0' r='1' stroke='currentColor'/>
      <use xlink:href='#f-p5' id='f-p6' fill='currentColor' stroke='none'/>
      </defs>
      <g fill="none" color="black" stroke="currentColor" stroke-width="2.00">
      <path stroke='rgb(  1,   2,   3)' d='M1,2 L3,4 M5,6 L7,8 '/>
      <polygon fill = 'rgb(4, 5, 6)' fill-opacity='0.5' points = '0,0 1,0 1,1 '/>
      <use xlink:href='#f-p6' transform='translate(9,8) scale(3.50)' color='rgb(7,8,9)'/>
      <g transform="translate(1,2) rotate(-90.00)" fill="rgb(1,1,1)" font-size="8.00" text-anchor="middle">
      <text>a&lt;b</text>
      </g>
      </g>
      </svg>
      """
    let lines = try TikZ.picture(svg, path: "f.tex").split(separator: "\n").map(String.init)
    let pen = "draw={rgb,255:red,1;green,2;blue,3}, line width=1.5bp"
    #expect(lines.contains("\\path[\(pen)] (1.0,2.0) -- (3.0,4.0);"))
    #expect(lines.contains("\\path[\(pen)] (5.0,6.0) -- (7.0,8.0);"))
    #expect(
      lines.contains(
        "\\path[fill={rgb,255:red,4;green,5;blue,6}, fill opacity=0.5] (0.0,0.0) -- (1.0,0.0) -- (1.0,1.0) -- cycle;"
      ))
    #expect(
      lines.contains(
        "\\path[shift={(9.0,8.0)}, scale=3.5, fill={rgb,255:red,7;green,8;blue,9}] (0,0) circle[radius=1];"))
    #expect(
      lines.contains { $0.hasPrefix("\\node[anchor=base, rotate=90.0") && $0.hasSuffix("{a\\textless{}b};") })
    #expect(lines.last == "\\end{tikzpicture}")
  }

  private func svg(_ image: Raster) throws -> String {
    let data = Data(try image.png()).base64EncodedString()
    return
      "<svg><image x=\"10\" y=\"20\" width=\"30\" height=\"8\" xlink:href=\"data:image/png;base64,\(data)\"/></svg>"
  }

  @Test func `the pixels of an image are rectangles, equal neighbours one, transparent ones none`() throws {
    let (red, blue) = ([255, 0, 0, 255], [0, 0, 255, 51]) as ([UInt8], [UInt8])
    let image = try Raster(
      width: 3, height: 2, channels: 4, bytes: red + red + blue + [0, 0, 0, 0] + blue + red)
    let lines = try TikZ.picture(svg(image), path: "f.tex").split(separator: "\n").filter {
      $0.hasPrefix("\\fill")
    }
    // Cells are 10 by 4 units; they reach 0.1 over the next ones, not over the edge.
    let (r, b) = ("{rgb,255:red,255;green,0;blue,0}", "{rgb,255:red,0;green,0;blue,255}")
    #expect(
      lines == [
        "\\fill[color=\(r)] (10.0,20.0) rectangle (30.1,24.1);",
        "\\fill[color=\(b), opacity=0.2] (30.0,20.0) rectangle (40.0,24.1);",
        "\\fill[color=\(b), opacity=0.2] (20.0,24.0) rectangle (30.1,28.0);",
        "\\fill[color=\(r)] (30.0,24.0) rectangle (40.0,28.0);",
      ])
  }

  @Test func `a large image is refused with the remedy`() throws {
    let image = try Raster(
      width: 200, height: 100, channels: 1, bytes: Array(repeating: 7, count: 20000))
    let error = #expect(throws: FigureError.self) { _ = try TikZ.picture(svg(image), path: "f.tex") }
    #expect(error?.description.contains("save it as .pdf") == true)
  }

  @Test(.enabled(if: hasGnuplot), arguments: ["lines", "bars", "twin", "contours", "spread", "classes"])
  func `every word of a figure is in its picture, and braces match`(name: String) throws {
    let svg = try OutputTests.figure(name).drawing()
    let picture = try TikZ.picture(svg, path: "f.tex")
    let words = try XML(svg).texts.dropFirst()
    for text in words { #expect(picture.contains("{\(TikZ.escaped(text))};"), "\(text)") }
    #expect(picture.filter { $0 == "{" }.count == picture.filter { $0 == "}" }.count)
    #expect(!picture.contains("nan") && !picture.contains("inf"))
  }
}
