/// Turns gnuplot's SVG into one that can live in any page: ids of its own, no producer or file names, fonts
/// by name, scalable, with a title for screen readers. The work is line by line, and text is never mistaken
/// for markup.
enum SVG {
  static let fonts = "DejaVu Sans, Verdana, Geneva, sans-serif"

  static func clean(_ raw: String, figure: Figure, size: Size, idPrefix: String?) -> String {
    let lines = raw.split(separator: "\n").map(String.init)
    guard let firstDefinition = lines.firstIndex(of: "<defs>"),
      let lastDefinition = lines.firstIndex(of: "</defs>"), firstDefinition < lastDefinition
    else { return raw }
    let body = tidy(lines[(lastDefinition + 1)...])
    let definitions = needed(lines[(firstDefinition + 1)..<lastDefinition], by: body)

    let prefix = idPrefix.map(identifier) ?? "faa-\(fingerprint(body))"
    var output = header(figure, size, prefix)
    if !definitions.isEmpty {
      output.append("<defs>")
      output += definitions.map { namespaced($0, prefix) }
      output.append("</defs>")
    }
    output.append("<g stroke-linecap=\"round\" stroke-linejoin=\"round\">")
    output += body.map { $0.hasPrefix("<use ") ? namespaced($0, prefix) : $0 }
    // The body closes the canvas group and the root element itself.
    return output.joined(separator: "\n") + "\n"
  }

  private static func header(_ figure: Figure, _ size: Size, _ prefix: String) -> [String] {
    let (width, height) = (number(size.width), number(size.height))
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
        + "viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" height=\"\(height)\" "
        + "style=\"max-width:100%;height:auto\" font-family=\"\(fonts)\" role=\"img\" "
        + "aria-labelledby=\"\(prefix)-title\">",
      "<title id=\"\(prefix)-title\">\(escaped(figure.accessibleTitle))</title>",
    ]
    if let page = figure.theme.background {
      lines.append(
        "<rect width=\"\(width)\" height=\"\(height)\" fill=\"rgb(\(page.red),\(page.green),\(page.blue))\"/>"
      )
    }
    return lines
  }

  // Drops empty groups and constant attributes, and names neither plots nor fonts.
  private static func tidy(_ lines: ArraySlice<String>) -> [String] {
    var kept: [String] = []
    for line in lines {
      let line = line.trimmingTabs
      if line.hasPrefix("<image ") {
        // A line of megabytes, which nothing else is looked for in.
        kept.append("<image style='image-rendering:pixelated' " + line.dropFirst("<image ".count))
      } else if line.hasPrefix("<text>") {
        // gnuplot escapes `<` only; after `]]` XML wants `>` escaped too.
        kept.append(
          line.replacing("]]>", with: "]]&gt;").replacing(String(Text.ampersand), with: "&amp;"))
      } else if line.hasPrefix("<g id=") {
        kept.append("<g>")
      } else if line == "</g>", let last = kept.last, last.hasPrefix("<g"), last.hasSuffix(">"),
        !last.contains("</")
      {
        kept.removeLast()
      } else {
        // gnuplot leaves a group opening behind the path that precedes it.
        for part in split(line) { kept.append(simplified(part)) }
      }
    }
    return kept
  }

  private static func split(_ line: String) -> [String] {
    guard let start = line.firstRange(of: "\t<g "), !line.hasPrefix("<g ") else { return [line] }
    return [String(line[..<start.lowerBound]), String(line[start.lowerBound...]).trimmingTabs]
  }

  private static func simplified(_ line: String) -> String {
    var line = line
    for (old, new) in [
      (" stroke-linecap=\"round\" stroke-linejoin=\"round\"", ""),
      (" font-family=\"FAABold\"", " font-weight=\"bold\""),
      (" font-family=\"FAA\"", ""), (" class=\"gridline\"", ""),
    ] {
      line = line.replacing(old, with: new, maxReplacements: 1)
    }
    return line
  }

  // The point symbols in use, with those they are built from.
  private static func needed(_ definitions: ArraySlice<String>, by body: [String]) -> [String] {
    var used = Set(body.filter { $0.hasPrefix("<use ") }.compactMap { value(of: "xlink:href='#", in: $0) })
    var kept: [String] = []
    // A symbol only refers to earlier ones.
    for definition in definitions.reversed() {
      guard let id = value(of: " id='", in: definition), used.contains(id) else { continue }
      if let base = value(of: "xlink:href='#", in: definition) { used.insert(base) }
      kept.append(definition.trimmingTabs)
    }
    return kept.reversed()
  }

  private static func value(of attribute: String, in line: String) -> String? {
    guard let start = line.firstRange(of: attribute) else { return nil }
    return String(line[start.upperBound...].prefix { $0 != "'" })
  }

  private static func namespaced(_ line: String, _ prefix: String) -> String {
    line.replacing("xlink:href='#", with: "xlink:href='#\(prefix)-").replacing(
      " id='", with: " id='\(prefix)-")
  }

  // FNV-1a: figures that differ get different ids, the same figure always the same.
  private static func fingerprint(_ lines: [String]) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for line in lines {
      for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    return String(hash, radix: 36)
  }

  private static func identifier(_ text: String) -> String {
    let clean = text.unicodeScalars.map { scalar -> Character in
      scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
        ? Character(scalar) : "-"
    }
    return "f" + String(clean)
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() ? String(Int(value)) : String(value)
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}

extension String {
  fileprivate var trimmingTabs: String { String(drop { $0 == "\t" || $0 == " " }) }
}

extension Figure {
  /// What a screen reader says: the title, else those of the parts, else what the axes measure.
  var accessibleTitle: String {
    if !title.isEmpty { return Text.printable(title) }
    switch content {
    case .grid(let rows):
      let titles = rows.joined().map(\.accessibleTitle).filter { $0 != "figure" }
      return titles.isEmpty ? "figure" : titles.joined(separator: "; ")
    case .panel(let panel) where !panel.y.label.isEmpty:
      return Text.printable(
        panel.x.label.isEmpty ? panel.y.label : "\(panel.y.label) against \(panel.x.label)")
    case .sheet(let sheet): return sheet.images.count == 1 ? "image" : "\(sheet.images.count) images"
    default: return "figure"
    }
  }
}
