import Glibc

/// A drawn figure as a `tikzpicture`, whose words LaTeX sets in the document's own type.
///
/// Made from the cleaned SVG, which has few kinds of elements: groups that set colour, width and place, paths of straight
/// lines, polygons, point symbols, rectangles, small images and text.
struct TikZ {
  private var output: [String] = []
  private var groups: [Attributes] = []
  /// The drawing commands of point symbols by their ids.
  private var symbols: [String: (path: String, isFilled: Bool)] = [:]
  let path: String

  /// Throws `FigureError.invalid` for figures with large images, which a text file cannot hold.
  static func picture(_ svg: String, path: String) throws -> String {
    var writer = TikZ(path: path)
    try writer.read(svg)
    return writer.output.joined(separator: "\n") + "\n"
  }

  private init(path: String) { self.path = path }

  private mutating func read(_ svg: String) throws {
    output.append("% Needs \\usepackage{tikz}. One unit is a point of 1/96 inch.")
    output.append("\\begin{tikzpicture}[x=0.75bp, y=-0.75bp, line cap=round, line join=round, inner sep=0pt]")
    var text: String?
    for piece in svg.split(separator: "<").dropFirst() {
      let parts = piece.split(separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
      let element = Element(String(parts[0]))
      switch element.name {
      case "g": groups.append(element.attributes)
      case "/g": _ = groups.popLast()
      case "text": text = parts.count > 1 ? String(parts[1]) : ""
      case "/text": if let words = text { write(Self.unescaped(words)) }
      case "rect": rectangle(element.attributes)
      case "polygon":
        draw(Self.points(element.attributes["points"] ?? ""), element.attributes, closes: true)
      case "path" where element.attributes["id"] != nil: define(element.attributes)
      case "circle": symbols[element.attributes["id"] ?? ""] = ("(0,0) circle[radius=1]", false)
      case "path": paths(element.attributes)
      case "use" where element.attributes["id"] != nil: alias(element.attributes)
      case "use": stamp(element.attributes)
      case "image": output += try rectangles(ofImage: element.attributes)
      default: break
      }
    }
    output.append("\\end{tikzpicture}")
  }

  // MARK: Elements

  private typealias Attributes = [String: String]

  private struct Element {
    var name = ""
    var attributes: Attributes = [:]

    init(_ source: String) {
      var rest = Substring(source)
      name = String(rest.prefix { !$0.isWhitespace })
      rest = rest.dropFirst(name.count)
      if name.count > 1, name.hasSuffix("/") { name.removeLast() }
      while let equals = rest.firstIndex(of: "=") {
        let key = rest[..<equals].filter { !$0.isWhitespace && $0 != "/" }
        let after = rest[rest.index(after: equals)...].drop { $0.isWhitespace }
        guard let quote = after.first, quote == "'" || quote == "\"" else { return }
        let value = after.dropFirst().prefix { $0 != quote }
        attributes[String(key)] = String(value)
        rest = after.dropFirst(value.count + 2)
      }
    }
  }

  /// What the element says, else the group around it.
  private func attribute(_ name: String, _ own: Attributes) -> String? {
    own[name] ?? groups.last { $0[name] != nil }?[name]
  }

  private static func numbers(_ text: String) -> [Double] {
    text.split { !($0.isNumber || $0 == "." || $0 == "-" || $0 == "e") }.compactMap { Double($0) }
  }

  private static func points(_ text: String) -> [(Double, Double)] {
    let all = numbers(text)
    return stride(from: 0, to: all.count - 1, by: 2).map { (all[$0], all[$0 + 1]) }
  }

  /// `rgb(1, 2, 3)` as TikZ writes it; nil for none.
  private static func colour(_ text: String?) -> String? {
    guard let text, text != "none" else { return nil }
    let parts = numbers(text)
    guard parts.count == 3 else { return "black" }
    return "{rgb,255:red,\(Int(parts[0]));green,\(Int(parts[1]));blue,\(Int(parts[2]))}"
  }

  // MARK: Drawing

  private mutating func rectangle(_ own: Attributes) {
    guard let colour = Self.colour(own["fill"]), let width = own["width"], let height = own["height"] else {
      return
    }
    output.append("\\fill[color=\(colour)] (0,0) rectangle (\(width),\(height));")
  }

  private mutating func paths(_ own: Attributes) {
    for part in (own["d"] ?? "").split(separator: "M") {
      let closes = part.contains { $0 == "Z" || $0 == "z" }
      draw(Self.points(String(part.filter { $0 != "Z" && $0 != "z" })), own, closes: closes)
    }
  }

  private mutating func draw(_ points: [(Double, Double)], _ own: Attributes, closes: Bool) {
    guard points.count > 1 else { return }
    var options: [String] = []
    // A polygon has no line of its own; its group's is for other paths.
    if let fill = Self.colour(own["fill"]) {
      options.append("fill=\(fill)")
      if let opacity = own["fill-opacity"] { options.append("fill opacity=\(opacity)") }
    }
    let stroke = own["fill"] == nil || own["stroke"] != nil ? Self.colour(attribute("stroke", own)) : nil
    if let stroke {
      let width = Double(attribute("stroke-width", own) ?? "1") ?? 1
      options += [
        "draw=\(stroke == "black" ? Self.colour(attribute("color", own)) ?? "black" : stroke)",
        "line width=\(width * 0.75)bp",
      ]
      if let opacity = own["stroke-opacity"] ?? own["opacity"] { options.append("draw opacity=\(opacity)") }
      if let dashes = attribute("stroke-dasharray", own) {
        let lengths = Self.numbers(dashes)
        let pattern = lengths.enumerated().map { "\($0.isMultiple(of: 2) ? "on" : "off") \($1 * 0.75)bp" }
        if !pattern.isEmpty { options.append("dash pattern=\(pattern.joined(separator: " "))") }
      }
    }
    // Long lines of TeX are unpleasant to everybody.
    let places = points.map { "(\($0.0),\($0.1))" }
    var lines: [String] = []
    for start in stride(from: 0, to: places.count, by: 6) {
      lines.append(places[start..<min(start + 6, places.count)].joined(separator: " -- "))
    }
    output.append(
      "\\path[\(options.joined(separator: ", "))] \(lines.joined(separator: " --\n  "))\(closes ? " -- cycle" : "");"
    )
  }

  private mutating func define(_ own: Attributes) {
    guard let id = own["id"] else { return }
    let parts = (own["d"] ?? "").split(separator: "M").map { part -> String in
      let closes = part.contains { $0 == "Z" || $0 == "z" }
      let places = Self.points(String(part.filter { $0 != "Z" && $0 != "z" })).map { "(\($0.0),\($0.1))" }
      return places.joined(separator: " -- ") + (closes ? " -- cycle" : "")
    }
    symbols[id] = (parts.joined(separator: " "), (own["fill"] ?? "none") != "none")
  }

  private mutating func alias(_ own: Attributes) {
    guard let id = own["id"], let other = own["xlink:href"]?.dropFirst(), let known = symbols[String(other)]
    else { return }
    symbols[id] = (known.path, true)
  }

  private mutating func stamp(_ own: Attributes) {
    guard let reference = own["xlink:href"]?.dropFirst(), let transform = own["transform"] else { return }
    let place = Self.numbers(transform)
    guard place.count >= 2, let colour = Self.colour(own["color"]) else { return }
    let scale = place.count > 2 ? place[2] : 1
    let opacity = own["opacity"].map { ", opacity=\($0)" } ?? ""
    guard let symbol = symbols[String(reference)] else { return }
    let pen = symbol.isFilled ? "fill=\(colour)" : "draw=\(colour), line width=\(0.222 * scale * 0.75)bp"
    output.append(
      "\\path[shift={(\(place[0]),\(place[1]))}, scale=\(scale), \(pen)\(opacity)] \(symbol.path);")
  }

  private mutating func write(_ words: String) {
    guard let group = groups.last, let transform = group["transform"] else { return }
    let place = Self.numbers(transform)
    guard place.count >= 2 else { return }
    let anchor =
      switch group["text-anchor"] {
      case "middle": "base"
      case "end": "base east"
      default: "base west"
      }
    let size = (Double(group["font-size"] ?? "12") ?? 12) * 0.75
    // SVG turns clockwise, TikZ the other way.
    let angle = place.count > 2 ? ", rotate=\(-place[2])" : ""
    let bold = group["font-weight"] == "bold" ? "\\bfseries" : ""
    output.append(
      "\\node[anchor=\(anchor)\(angle), text=\(Self.colour(group["fill"]) ?? "black"), font=\\fontsize{\(size)bp}{\(size * 1.2)bp}\\selectfont\(bold)] at (\(place[0]),\(place[1])) {\(Self.escaped(words))};"
    )
  }

  // MARK: Text

  private static func unescaped(_ text: String) -> String {
    text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
  }

  /// Text that LaTeX sets as it stands: its own signs are escaped, mathematical ones become commands that every engine knows.
  static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      if let command = commands[scalar] {
        result += command
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }

  private static let commands: [Unicode.Scalar: String] = {
    var table: [Unicode.Scalar: String] = [
      "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#", "%": "\\%",
      "_": "\\_",
      "^": "\\textasciicircum{}", "~": "\\textasciitilde{}", "<": "\\textless{}", ">": "\\textgreater{}",
      "|": "\\textbar{}", "\"": "{\\char34}", "−": "$-$", "×": "$\\times$", "±": "$\\pm$",
      "·": "$\\cdot$",
      "∞": "$\\infty$", "∇": "$\\nabla$", "∂": "$\\partial$", "≤": "$\\le$", "≥": "$\\ge$", "→": "$\\to$",
      "…": "\\dots{}",
      "√": "$\\surd$", "∈": "$\\in$", "∑": "$\\sum$", "⁻": "$^{-}$", "°": "$^{\\circ}$",
    ]
    let greek = [
      "alpha", "beta", "gamma", "delta", "varepsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda",
      "mu", "nu", "xi",
      "", "pi", "rho", "varsigma", "sigma", "tau", "upsilon", "varphi", "chi", "psi", "omega",
    ]
    for (offset, name) in greek.enumerated() where !name.isEmpty {
      if let scalar = Unicode.Scalar(0x3B1 + UInt32(offset)) { table[scalar] = "$\\\(name)$" }
    }
    let capitals: [(Unicode.Scalar, String)] = [
      ("Γ", "Gamma"), ("Δ", "Delta"), ("Θ", "Theta"), ("Λ", "Lambda"), ("Ξ", "Xi"), ("Π", "Pi"),
      ("Σ", "Sigma"), ("Φ", "Phi"),
      ("Ψ", "Psi"), ("Ω", "Omega"),
    ]
    for (scalar, name) in capitals { table[scalar] = "$\\\(name)$" }
    for (digit, scalar) in "⁰¹²³⁴⁵⁶⁷⁸⁹".unicodeScalars.enumerated() { table[scalar] = "$^{\(digit)}$" }
    for (digit, scalar) in "₀₁₂₃₄₅₆₇₈₉".unicodeScalars.enumerated() { table[scalar] = "$_{\(digit)}$" }
    return table
  }()
}
