/// An element of an SVG, with what is in it: enough of XML for what gnuplot writes, which has neither comments nor sections.
struct Markup {
  /// What stands between two tags of an element.
  enum Content {
    case element(Markup)
    case text(Substring)
  }

  var name: Substring
  /// In the order they were written, with their entities as they stand.
  var attributes: [(name: Substring, value: String)]
  var content: [Content] = []

  subscript(name: String) -> String? { attributes.first { $0.name == name }?.value }

  /// The elements in this one; text between them is left out.
  var elements: [Markup] {
    get { content.compactMap { if case .element(let element) = $0 { element } else { nil } } }
    set { content = newValue.map(Content.element) }
  }

  /// Reads one element, nil if its tags do not match.
  init?(_ text: String) {
    var open: [Markup] = []
    for piece in text.split(separator: "<").dropFirst(text.hasPrefix("<") ? 0 : 1) {
      guard let end = piece.lastIndex(of: ">") else { return nil }
      let (tag, rest) = (piece[..<end], piece[piece.index(after: end)...])
      if tag.hasPrefix("/") {
        guard let element = open.popLast(), element.name == tag.dropFirst() else { return nil }
        guard !open.isEmpty else {
          self = element
          return
        }
        open[open.count - 1].content.append(.element(element))
      } else {
        let isEmpty = tag.hasSuffix("/")
        guard let element = Markup(tag: isEmpty ? tag.dropLast() : tag) else { return nil }
        if isEmpty, !open.isEmpty {
          open[open.count - 1].content.append(.element(element))
        } else {
          open.append(element)
        }
      }
      if !rest.isEmpty, !open.isEmpty { open[open.count - 1].content.append(.text(rest)) }
    }
    return nil
  }

  init(_ name: Substring, _ attributes: [(Substring, String)], _ elements: [Markup] = []) {
    (self.name, self.attributes, content) = (name, attributes, elements.map(Content.element))
  }

  private init?(tag: Substring) {
    name = tag.prefix { !$0.isWhitespace }
    attributes = []
    var rest = tag.dropFirst(name.count).drop(while: \.isWhitespace)
    while let equals = rest.firstIndex(of: "=") {
      // gnuplot writes some of them with spaces around the sign.
      let key = rest[..<equals].prefix { !$0.isWhitespace }
      rest = rest[rest.index(after: equals)...].drop(while: \.isWhitespace)
      guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
      rest = rest.dropFirst()
      guard let end = rest.firstIndex(of: quote) else { return nil }
      attributes.append((key, String(rest[..<end]).replacing("\"", with: "&quot;")))
      rest = rest[rest.index(after: end)...].drop(while: \.isWhitespace)
    }
    guard rest.isEmpty else { return nil }
  }

  /// The element as text, each element on a line of its own but those among words.
  var written: String {
    var output = ""
    write(to: &output, inline: name == "text" || name == "title")
    return output
  }

  private func write(to output: inout String, inline: Bool) {
    output += "<\(name)"
    for (key, value) in attributes { output += " \(key)=\"\(value)\"" }
    guard !content.isEmpty else {
      output += "/>"
      return
    }
    output += ">"
    for part in content {
      switch part {
      case .text(let words): if inline { output += words }
      case .element(let element):
        if !inline { output += "\n" }
        element.write(to: &output, inline: inline || element.name == "text" || element.name == "title")
      }
    }
    output += inline ? "</\(name)>" : "\n</\(name)>"
  }
}
