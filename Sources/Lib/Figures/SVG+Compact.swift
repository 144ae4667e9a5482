/// The same picture in fewer bytes: pages hold dozens of them, and repositories keep pages. Coordinates are rounded to a tenth of a point, which
/// nobody sees at any size of a page; paths go by steps; dots are circles that share their colour; a label is one element.
extension SVG {
  /// The picture as it was, should it have a form that is not foreseen here.
  static func compact(_ svg: String) -> String {
    guard var root = Markup(svg) else { return svg }
    let dots = dots(root)
    root = compacted(root, dots)
    var used: Set<Substring> = []
    for part in root.elements where part.name != "defs" { collect(part, &used) }
    root.elements = root.elements.compactMap { part in
      guard part.name == "defs" else { return part }
      var definitions = part
      // A symbol only refers to earlier ones.
      definitions.elements = definitions.elements.reversed().filter { symbol in
        guard used.contains(Substring(symbol["id"] ?? "")) else { return false }
        collect(symbol, &used)
        return true
      }
      .reversed()
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
    for part in element.elements.map({ compacted($0, dots) }).flatMap({ simplified($0, dots) }) {
      // Neighbours that look alike share a group, and dots a path.
      if part.name == "path", part["d"]?.hasSuffix("h0") == true, let last = parts.last, last.name == "path",
        last["d"]?.hasSuffix("h0") == true,
        last.attributes.dropLast().elementsEqual(part.attributes.dropLast(), by: ==)
      {
        parts[parts.count - 1].attributes[last.attributes.count - 1].value += part["d"] ?? ""
        continue
      }
      if let last = parts.last, last.name == "g", part.name == "g",
        last.attributes.elementsEqual(part.attributes, by: ==)
      {
        parts[parts.count - 1].content += part.content
      } else {
        parts.append(part)
      }
    }
    result.elements = parts
    // The pen of a group counts where its parts have none of their own.
    if result.name == "g", result["stroke"] == "currentColor",
      parts.allSatisfy({ $0["stroke"].map { $0 != "currentColor" } ?? false })
    {
      result.attributes.removeAll { $0.name == "stroke" || $0.name == "color" }
    }
    return result
  }

  /// An element as it stands in its group: a group that says nothing is what is in it, a single part has its group's attributes, and
  /// the use of a dot is a circle.
  private static func simplified(_ element: Markup, _ dots: Set<String>) -> [Markup] {
    if element.name == "g", element.attributes.isEmpty { return element.elements }
    // What a single part says itself goes before what its group says, but places add up.
    if element.name == "g", element.elements.count == 1, var part = element.elements.first, part.name != "g",
      element["transform"] == nil || part["transform"] == nil, element["opacity"] == nil
    {
      part.attributes = element.attributes.filter { part[String($0.name)] == nil } + part.attributes
      return [part]
    }
    guard element.name == "use", dots.contains(String(element["xlink:href"]?.dropFirst() ?? "")),
      let numbers = element["transform"].map({ $0.split { !"0123456789.-".contains($0) }.map(String.init) }),
      numbers.count == 3, let colourName = element["color"]
    else { return [element] }
    guard let place = place("\(numbers[0]),\(numbers[1])"), let radius = Double(numbers[2]) else {
      return [element]
    }
    // Dots that hardly show through are points of one line with round ends: where they overlap nothing is to be seen. Others are circles.
    let opacity = element["opacity"].map { [("opacity" as Substring, $0)] } ?? []
    if opacity.isEmpty || Double(opacity[0].1).map({ $0 > 0.75 }) ?? false {
      let width = "\(tenths(Int((radius * 20).rounded())))"
      return [
        Markup(
          "path",
          [("stroke", colour(colourName)), ("stroke-width", width)] + opacity
            + [("d", "M\(tenths(place.x)) \(tenths(place.y))h0")])
      ]
    }
    let circle = Markup("circle", [("cx", tenths(place.x)), ("cy", tenths(place.y)), ("r", numbers[2])])
    return [
      Markup(
        "g", [("fill", colour(colourName)), ("stroke", "none")] + opacity.map { ("fill-opacity", $0.1) },
        [circle])
    ]
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
