import Testing

@testable import Figures

/// A picture in fewer bytes is the same picture: what it shows is read again by another routine.
@Suite("SVG in few bytes") struct CompactTests {
  /// The corners of path data with the commands M, h, v, l and z.
  static func corners(_ data: String) -> [(x: Double, y: Double)] {
    var (result, place) = ([(x: Double, y: Double)](), (x: 0.0, y: 0.0))
    var (command, numbers) = (Character("M"), [Double]())
    func take() {
      let values = numbers
      switch command {
      case "M": place = (values[0], values[1])
      case "h": place.x += values[0]
      case "v": place.y += values[0]
      default: place = (place.x + values[0], place.y + values[1])
      }
      numbers = []
      result.append(place)
    }
    var word = ""
    func flush() {
      guard let number = Double(word) else { return }
      numbers.append(number)
      word = ""
      if numbers.count == ("hv".contains(command) ? 1 : 2) { take() }
    }
    for character in data {
      if character.isLetter || character == " " || character == "-" { flush() }
      if character.isLetter {
        command = character
      } else if character != " " {
        word.append(character)
      }
    }
    flush()
    return result
  }

  @Test(.enabled(if: hasGnuplot), arguments: OutputTests.names)
  func `nothing is lost and nothing moves by more than a twentieth`(name: String) throws {
    let figure = try OutputTests.figure(name)
    let (drawing, compact) = (try figure.drawing(), try figure.svg())
    #expect(compact.utf8.count < drawing.utf8.count)
    let (before, after) = (try XML(drawing), try XML(compact))
    #expect(after.texts == before.texts)
    // Every corner a line is drawn to, in order; a move alone draws nothing, nor does a symbol that nobody uses.
    let drawn = before.attributes.filter { $0["id"] == nil }.compactMap { $0["d"] }
    let wanted = drawn.flatMap { data -> [(x: Double, y: Double)] in
      guard !data.contains("A"), !data.contains("C"), !data.contains("m") else { return [] }
      return data.split { $0 == " " || $0 == "\n" }.filter { $0.hasPrefix("L") }.map {
        let parts = $0.dropFirst().split(separator: ",").compactMap { Double($0) }
        return (parts[0], parts[1])
      }
    }
    let found = after.attributes.compactMap { $0["d"] }.filter { !$0.contains(",") }.flatMap(Self.corners)
    var at = 0
    for place in wanted {
      // Steps of nothing are left out, and each line begins with its move.
      while at < found.count, !near(found[at], place) { at += 1 }
      #expect(at < found.count, "\(place) is missing")
      guard at < found.count else { return }
    }
    let dots = before.attributes.filter { $0["transform"]?.contains("scale") == true }.count
    let circles = zip(after.names, after.attributes).count { $0 == "circle" && $1["id"] == nil }
    let uses = after.attributes.filter { $0["transform"]?.contains("scale") == true }.count
    let ends = after.attributes.compactMap { $0["d"] }.reduce(0) { $0 + $1.ranges(of: "h0").count }
    #expect(circles + uses + ends == dots)
  }

  private func near(_ a: (x: Double, y: Double), _ b: (x: Double, y: Double)) -> Bool {
    abs(a.x - b.x) < 0.0501 && abs(a.y - b.y) < 0.0501
  }

  @Test func `a picture of another kind stays as it is`() {
    for text in ["", "<svg", "<svg><g></svg>", "<svg a=b></svg>", "plain"] {
      #expect(SVG.compact(text) == text)
    }
  }

  @Test func `dots share a group, labels are one element, steps are relative`() {
    let svg = """
      <svg viewBox="0 0 9 9">
      <defs>
      <circle id='p5' stroke-width='0.2' cx='0' cy='0' r='1'/>
      <use xlink:href='#p5' id='p6' fill='currentColor' stroke='none'/>
      </defs>
      <g stroke="none">
      <path stroke='rgb( 1,  2, 255)' d='M1.04,2.06 L3.00,2.06 L3.00,4.00 L2.50,3.96 M9,9 '/>
      <use xlink:href='#p6' transform='translate(9.04,8.26) scale(3.50)' color='rgb(7,8,9)' opacity='0.80'/>
      <use xlink:href='#p6' transform='translate(1.00,2.00) scale(3.50)' color='rgb(7,8,9)' opacity='0.80'/>
      <use xlink:href='#p6' transform='translate(1.00,2.00) scale(3.50)' color='rgb(7,8,9)' opacity='0.50'/>
      <use xlink:href='#p6' transform='translate(3.00,2.00) scale(3.50)' color='rgb(7,8,9)' opacity='0.50'/>
      <g transform="translate(1,2)" fill="rgb(1,1,1)">
      <text>a &amp; <tspan>b</tspan> c</text>
      </g>
      </g>
      </svg>
      """
    #expect(
      SVG.compact(svg)
        == """
        <svg viewBox="0 0 9 9">
        <g stroke="none">
        <path stroke="#0102ff" d="M1 2.1h2v1.9h-.5"/>
        <path stroke="#070809" stroke-width="7" opacity="0.80" d="M9 8.3h0M1 2h0"/>
        <g fill="#070809" stroke="none" fill-opacity="0.50">
        <circle cx="1" cy="2" r="3.50"/>
        <circle cx="3" cy="2" r="3.50"/>
        </g>
        <text transform="translate(1,2)" fill="#010101">a &amp; <tspan>b</tspan> c</text>
        </g>
        </svg>

        """)
  }
}
