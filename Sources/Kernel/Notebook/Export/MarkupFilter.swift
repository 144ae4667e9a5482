/// Copies SVG or HTML, keeping only harmless elements and attributes, so that a display can be put into a page.
///
/// Elements outside the policy go with their content; event handlers, scripts, styles and references out of the
/// document go; identifiers get a prefix so that two drawings on one page cannot capture each other's gradients.
struct MarkupFilter {
  /// What may pass.
  struct Policy {
    let elements: Set<String>
    let attributes: Set<String>
    /// Elements that have no content and no closing tag in the input.
    let void: Set<String>
    /// Elements whose tags go but whose siblings stay; their content goes too.
    let isSVG: Bool
  }

  private let policy: Policy
  private let prefix: String
  private let rootAttributes: String
  private let text: [UInt8]
  private var position = 0
  private var output: [UInt8] = []
  private var open: [(name: String, kept: Bool)] = []
  private var hasRoot = false

  /// The filtered markup, or nil when the input is not well formed.
  ///
  /// - Parameters:
  ///   - prefix: put before every identifier.
  ///   - rootAttributes: added to the first element, such as a role and a label.
  static func filter(_ markup: String, _ policy: Policy, prefix: String, rootAttributes: String = "")
    -> String?
  {
    var filter = MarkupFilter(markup, policy, prefix, rootAttributes)
    return filter.run() ? String(decoding: filter.output, as: UTF8.self) : nil
  }

  private init(_ markup: String, _ policy: Policy, _ prefix: String, _ rootAttributes: String) {
    text = Array(markup.utf8)
    self.policy = policy
    self.prefix = prefix
    self.rootAttributes = rootAttributes
  }

  private mutating func run() -> Bool {
    while position < text.count {
      let next = text[position...].firstIndex(of: UInt8(ascii: "<")) ?? text.count
      if isKept, !open.isEmpty || !policy.isSVG { emit(text: text[position..<next]) }
      position = next
      guard position < text.count else { break }
      let ok: Bool
      if starts("<!--") {
        ok = skip(past: "-->")
      } else if starts("<![CDATA[") {
        ok = copyCharacterData()
      } else if starts("<?") {
        ok = skip(past: "?>")
      } else if starts("<!") {
        ok = skipDeclaration()
      } else if starts("</") {
        ok = closeTag()
      } else {
        ok = openTag()
      }
      if !ok { return false }
    }
    return open.isEmpty && (hasRoot || !policy.isSVG)
  }

  /// Whether the cursor is inside kept elements only.
  private var isKept: Bool { open.last?.kept ?? true }

  // MARK: Tags

  private mutating func openTag() -> Bool {
    position += 1
    guard let name = takeName() else { return false }
    var attributes: [(String, String)] = []
    while true {
      skipBlanks()
      guard position < text.count else { return false }
      if text[position] == UInt8(ascii: ">") || text[position] == UInt8(ascii: "/") { break }
      guard let key = takeName() else { return false }
      skipBlanks()
      guard position < text.count, text[position] == UInt8(ascii: "=") else {
        attributes.append((key, ""))
        continue
      }
      position += 1
      skipBlanks()
      guard let value = takeQuoted() else { return false }
      attributes.append((key, value))
    }
    let closesItself = text[position] == UInt8(ascii: "/")
    position += 1
    if closesItself {
      guard position < text.count, text[position] == UInt8(ascii: ">") else { return false }
      position += 1
    }
    let isVoid = closesItself || policy.void.contains(name)
    let isAllowed = isKept && policy.elements.contains(name) && (hasRoot || !policy.isSVG || name == "svg")
    if isAllowed {
      emit("<\(name)")
      if !hasRoot { emit(rootAttributes) }
      hasRoot = true
      for (key, value) in attributes {
        if let safe = safeValue(of: key, value, in: name) { emit(" \(key)=\"\(safe)\"") }
      }
      emit(isVoid ? "/>" : ">")
    }
    if !isVoid { open.append((name, isAllowed)) }
    return open.count <= 256
  }

  private mutating func closeTag() -> Bool {
    position += 2
    guard let name = takeName() else { return false }
    skipBlanks()
    guard position < text.count, text[position] == UInt8(ascii: ">"), let last = open.popLast(),
      last.name == name
    else { return false }
    position += 1
    if last.kept { emit("</\(name)>") }
    return true
  }

  // MARK: Attributes

  /// The value of an attribute that may stay, ready to be written, or nil for one that goes.
  private func safeValue(of key: String, _ value: String, in element: String) -> String? {
    let lower = value.lowercased()
    switch key {
    case "id": return prefix + value
    case "href", "xlink:href", "src":
      if value.hasPrefix("#") { return "#\(prefix)\(value.dropFirst())" }
      let isPicture = ["data:image/png;base64,", "data:image/jpeg;base64,"].contains { lower.hasPrefix($0) }
      return isPicture && (element == "image" || element == "img") ? value : nil
    case "aria-labelledby", "aria-describedby":
      return value.split(separator: " ").map { prefix + $0 }.joined(separator: " ")
    case _ where !policy.attributes.contains(key): return nil
    // Escapes in style sheets can spell any word: none of the drawings FAA makes needs one.
    case _ where lower.contains("\\") || lower.contains("expression") || lower.contains("@import"): return nil
    case _ where lower.contains("url("):
      let internalOnly = lower.components(splitBy: "url(").dropFirst().allSatisfy { $0.hasPrefix("#") }
      return internalOnly ? value.replacing("url(#", with: "url(#\(prefix)") : nil
    default: return value
    }
  }

  // MARK: Text

  /// Copies text; an ampersand that starts no character reference is escaped.
  private mutating func emit(text slice: ArraySlice<UInt8>) {
    var index = slice.startIndex
    while index < slice.endIndex {
      let byte = slice[index]
      if byte == UInt8(ascii: "&"), referenceLength(slice[index...]) == nil {
        emit("&amp;")
      } else if byte == UInt8(ascii: ">") {
        emit("&gt;")
      } else if byte >= 0x20 || byte == 0x0A || byte == 0x09 {
        output.append(byte)
      }
      index += 1
    }
  }

  private func referenceLength(_ slice: ArraySlice<UInt8>) -> Int? {
    let body = slice.dropFirst().prefix(12)
    guard let end = body.firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let name = String(decoding: body[..<end], as: UTF8.self)
    let isNumeric = name.hasPrefix("#") && name.dropFirst().allSatisfy { $0.isHexDigit || $0 == "x" }
    return isNumeric && name.count > 1 || ["amp", "lt", "gt", "quot", "apos"].contains(name)
      ? name.count + 2 : nil
  }

  private mutating func copyCharacterData() -> Bool {
    let start = position + 9
    guard skip(past: "]]>") else { return false }
    if isKept { emit(escaped(String(decoding: text[start..<(position - 3)], as: UTF8.self))) }
    return true
  }

  private mutating func emit(_ string: String) { output += string.utf8 }

  // MARK: Scanning

  private func starts(_ needle: String) -> Bool { text[position...].starts(with: needle.utf8) }

  private mutating func skip(past needle: String) -> Bool {
    while position < text.count {
      if starts(needle) {
        position += needle.utf8.count
        return true
      }
      position += 1
    }
    return false
  }

  /// `<!DOCTYPE ...>`; one with an internal subset could define entities and is refused.
  private mutating func skipDeclaration() -> Bool {
    let start = position
    guard skip(past: ">") else { return false }
    return !text[start..<position].contains(UInt8(ascii: "["))
  }

  private mutating func skipBlanks() {
    while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
  }

  private mutating func takeName() -> String? {
    let start = position
    while position < text.count {
      let b = text[position]
      guard (65...90).contains(b) || (97...122).contains(b) || (48...58).contains(b) || b == 45 || b == 95
      else {
        break
      }
      position += 1
    }
    return start == position ? nil : String(decoding: text[start..<position], as: UTF8.self)
  }

  /// A quoted attribute value, made safe for double quotes.
  private mutating func takeQuoted() -> String? {
    guard position < text.count, text[position] == 0x22 || text[position] == 0x27 else { return nil }
    let quote = text[position]
    guard let end = text[(position + 1)...].firstIndex(of: quote) else { return nil }
    var inner = MarkupFilter("", policy, prefix, "")
    inner.emit(text: text[(position + 1)..<end])
    position = end + 1
    let value = String(decoding: inner.output, as: UTF8.self)
    return value.replacing("\"", with: "&quot;").replacing("<", with: "&lt;")
  }
}

extension StringProtocol {
  /// The parts between occurrences of `separator`.
  func components(splitBy separator: String) -> [SubSequence] {
    var parts: [SubSequence] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    return parts + [rest]
  }
}

extension MarkupFilter.Policy {
  /// Static drawings.
  static let svg = MarkupFilter.Policy(
    elements: [
      "svg", "g", "defs", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
      "use",
      "image", "clipPath", "mask", "pattern", "linearGradient", "radialGradient", "stop", "marker", "symbol",
    ],
    attributes: [
      "xmlns", "xmlns:xlink", "version", "viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx",
      "cy",
      "r", "rx", "ry", "fx", "fy", "d", "points", "transform", "fill", "fill-opacity", "fill-rule", "stroke",
      "stroke-width", "stroke-opacity", "stroke-linecap", "stroke-linejoin", "stroke-dasharray",
      "stroke-dashoffset", "stroke-miterlimit", "opacity", "color", "clip-path", "clip-rule", "mask",
      "marker-start",
      "marker-mid", "marker-end", "markerWidth", "markerHeight", "markerUnits", "orient", "refX", "refY",
      "offset",
      "stop-color", "stop-opacity", "gradientUnits", "gradientTransform", "spreadMethod", "patternUnits",
      "patternTransform", "clipPathUnits", "maskUnits", "preserveAspectRatio", "font-family", "font-size",
      "font-style", "font-weight", "text-anchor", "dominant-baseline", "baseline-shift", "dx", "dy", "rotate",
      "textLength", "lengthAdjust", "image-rendering", "shape-rendering", "text-rendering", "style",
      "xml:space",
      "visibility", "vector-effect",
    ],
    void: [], isSVG: true)

  /// Tables and simple text.
  static let html = MarkupFilter.Policy(
    elements: [
      "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td", "p", "br", "hr",
      "b",
      "strong", "i", "em", "code", "pre", "span", "div", "sub", "sup", "ul", "ol", "li", "small", "img",
    ],
    attributes: ["colspan", "rowspan", "scope", "title", "alt", "width", "height", "style"],
    void: ["br", "hr", "col", "img"], isSVG: false)
}
