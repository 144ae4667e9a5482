/// The same picture in fewer bytes: pages hold dozens of them, and repositories keep pages. Coordinates are rounded to a tenth of a point, which
/// nobody sees at any size of a page; paths go by steps; dots are circles that share their colour; a label is one element.
extension SVG {
  /// The picture as it was, should it have a form that is not foreseen here.
  static func compact(_ svg: String) -> String {
    guard var root = Markup(svg) else { return svg }
    let dots = dots(root)
    root = compacted(root, dots)
    var used: Set<Substring> = []
    collect(root, &used)
    root.elements = root.elements.compactMap { part in
      guard part.name == "defs" else { return part }
      var definitions = part
      definitions.elements.removeAll { !used.contains(Substring($0["id"] ?? "")) }
      return definitions.elements.isEmpty ? nil : definitions
    }
    return root.written + "\n"
  }

  /// The names of symbols that are nothing but a filled circle of radius one.
  private static func dots(_ root: Markup) -> Set<String> {
    let definitions = root.elements.filter { $0.name == "defs" }.flatMap(\.elements)
    let circles = Set(definitions.filter { $0.name == "circle" && $0["r"] == "1" }.compactMap { $0["id"] })
    return Set(
      definitions.filter {
        $0["fill"] == "currentColor" && $0["stroke"] == "none"
          && circles.contains(String($0["xlink:href"]?.dropFirst() ?? ""))
      }
      .compactMap { $0["id"] })
  }

  private static func collect(_ element: Markup, _ used: inout Set<Substring>) {
    if let link = element["xlink:href"], link.hasPrefix("#") { used.insert(link.dropFirst()) }
    for part in element.elements { collect(part, &used) }
  }

  private static func compacted(_ element: Markup, _ dots: Set<String>) -> Markup {
    guard element.name != "text", element.name != "title", element.name != "defs" else { return element }
    var result = element
    for index in result.attributes.indices {
      let (name, value) = result.attributes[index]
      switch name {
      case "d": result.attributes[index].value = path(value) ?? value
      case "points": result.attributes[index].value = corners(value) ?? value
      case "fill", "stroke", "color": result.attributes[index].value = colour(value)
      default: break
      }
    }
    guard !element.content.isEmpty else { return result }
    var parts: [Markup] = []
    for part in element.elements.map({ compacted($0, dots) }).flatMap({ circle($0, dots) }) {
      // Neighbours that look alike share a group.
      if let last = parts.last, last.name == "g", part.name == "g",
        last.attributes.elementsEqual(part.attributes, by: ==)
      {
        parts[parts.count - 1].content += part.content
      } else {
        parts.append(part)
      }
    }
    result.elements = parts
    return result
  }

  /// An element as it stands in its group: a group that says nothing is what is in it, a label's text has its group's attributes, and
  /// the use of a dot is a circle.
  private static func circle(_ element: Markup, _ dots: Set<String>) -> [Markup] {
    if element.name == "g", element.attributes.isEmpty { return element.elements }
    if element.name == "g", element["transform"] != nil, element.elements.count == 1,
      var text = element.elements.first, text.name == "text",
      text.attributes.allSatisfy({ element[String($0.name)] == nil })
    {
      text.attributes = element.attributes + text.attributes
      return [text]
    }
    guard element.name == "use", dots.contains(String(element["xlink:href"]?.dropFirst() ?? "")),
      let numbers = element["transform"].map({ $0.split { !"0123456789.-".contains($0) }.map(String.init) }),
      numbers.count == 3, let colour = element["color"]
    else { return [element] }
    let opacity = element["opacity"].map { [("fill-opacity" as Substring, $0)] } ?? []
    guard let place = place("\(numbers[0]),\(numbers[1])") else { return [element] }
    let circle = Markup("circle", [("cx", tenths(place.x)), ("cy", tenths(place.y)), ("r", numbers[2])])
    return [Markup("g", [("fill", colour), ("stroke", "none")] + opacity, [circle])]
  }

  /// A colour in hexadecimal digits.
  private static func colour(_ text: String) -> String {
    guard text.hasPrefix("rgb(") else { return text }
    let parts = text.dropFirst(4).dropLast().split(separator: ",").compactMap {
      UInt8($0.filter { $0 != " " })
    }
    guard parts.count == 3 else { return text }
    return "#"
      + parts.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// Absolute lines as steps in tenths. Errors do not add up, for a step is the difference of rounded places.
  private static func path(_ text: String) -> String? {
    guard text.allSatisfy({ "MLZ0123456789.,- \n".contains($0) }) else { return nil }
    var strokes: [(places: [(x: Int, y: Int)], isClosed: Bool)] = []
    for piece in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      if piece.hasPrefix("M") { strokes.append(([], false)) }
      guard !strokes.isEmpty else { return nil }
      if piece == "Z" {
        strokes[strokes.count - 1].isClosed = true
        continue
      }
      guard let place = place(piece.drop { "ML".contains($0) }) else { return nil }
      strokes[strokes.count - 1].places.append(place)
    }
    var output = ""
    // A move without a line from it draws nothing.
    for stroke in strokes where stroke.places.count > 1 {
      output += "M\(tenths(stroke.places[0].x)) \(tenths(stroke.places[0].y))"
      var command: Character = "M"
      for (from, to) in zip(stroke.places, stroke.places.dropFirst()) {
        let (x, y) = (to.x - from.x, to.y - from.y)
        guard x != 0 || y != 0 else { continue }
        let letter: Character = y == 0 ? "h" : x == 0 ? "v" : "l"
        let steps: [Int] = y == 0 ? [x] : x == 0 ? [y] : [x, y]
        for (index, value) in steps.enumerated() {
          let word = tenths(value)
          if index == 0, letter != command {
            output.append(letter)
          } else if !word.hasPrefix("-") {
            output += " "
          }
          output += word
        }
        command = letter
      }
      if command == "M" { output += "h0" }
      if stroke.isClosed { output += "z" }
    }
    return output
  }

  private static func corners(_ text: String) -> String? {
    var output: [String] = []
    for piece in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      guard let place = place(piece) else { return nil }
      output.append("\(tenths(place.x)),\(tenths(place.y))")
    }
    return output.joined(separator: " ")
  }

  /// A place in tenths from `x,y`.
  private static func place(_ text: Substring) -> (x: Int, y: Int)? {
    let numbers = text.split(separator: ",").compactMap { Double($0) }
    guard numbers.count == 2, numbers.allSatisfy({ abs($0) < 1e8 }) else { return nil }
    return (Int((numbers[0] * 10).rounded()), Int((numbers[1] * 10).rounded()))
  }

  private static func tenths(_ value: Int) -> String {
    let (whole, rest) = abs(value).quotientAndRemainder(dividingBy: 10)
    let sign = value < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    return "\(sign)\(whole == 0 ? "" : String(whole)).\(rest)"
  }
}
