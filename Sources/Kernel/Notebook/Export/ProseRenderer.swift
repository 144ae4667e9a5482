import CMarkdown

/// Renders the Markdown of a notebook to HTML: CommonMark with tables, strikethrough, task lists and TeX formulas; raw
/// HTML shows as text.
///
/// One renderer serves a whole notebook, so that heading anchors are unique and the outline complete.
final class ProseRenderer {
  /// A heading with its anchor.
  struct Heading {
    let level: Int
    let anchor: String
    let html: String
  }

  /// Headings so far, in order.
  private(set) var headings: [Heading] = []
  /// What could not be shown as meant, in one line each.
  private(set) var warnings: [String] = []
  /// Reads a picture beside the notebook: path to bytes, nil when it may not or cannot be read.
  private let picture: (String) -> [UInt8]?

  private var buffers: [String] = [""]
  private var anchors: [String: Int] = [:]
  private var formula: String?
  /// The markup of an inline formula that nothing has followed yet.
  private var openFormula: String?
  private var formulas: [String] = []
  private var imageAlt: String?
  private var imageDepth = 0
  private var plainText = ""
  private var inHeader = false
  private var codeLanguage: String?
  private var openLinks: [Bool] = []

  init(picture: @escaping (String) -> [UInt8]?) { self.picture = picture }

  /// HTML of one stretch of Markdown.
  func render(_ markdown: String) -> String {
    let prepared = DisplayMath(withWideRules(markdown))
    formulas = prepared.formulas
    buffers = [""]
    var parser = MD_PARSER()
    parser.flags = UInt32(
      MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_PERMISSIVEURLAUTOLINKS
        | MD_FLAG_LATEXMATHSPANS | MD_FLAG_NOHTMLBLOCKS | MD_FLAG_NOHTMLSPANS)
    parser.enter_block = { kind, detail, context in
      ProseRenderer.from(context)?.enter(block: kind, detail) ?? 1
    }
    parser.leave_block = { kind, detail, context in
      ProseRenderer.from(context)?.leave(block: kind, detail) ?? 1
    }
    parser.enter_span = { kind, detail, context in ProseRenderer.from(context)?.enter(span: kind, detail) ?? 1
    }
    parser.leave_span = { kind, detail, context in ProseRenderer.from(context)?.leave(span: kind, detail) ?? 1
    }
    parser.text = { kind, text, size, context in
      let bytes = UnsafeRawBufferPointer(start: text, count: Int(size))
      return ProseRenderer.from(context)?.text(kind, String(decoding: bytes, as: UTF8.self)) ?? 1
    }
    var source = prepared.markdown
    let status = source.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        md_parse($0.baseAddress, MD_SIZE($0.count), &parser, Unmanaged.passUnretained(self).toOpaque())
      }
    }
    guard status == 0 else {
      warnings.append("a stretch of prose could not be parsed and is shown as it is written")
      return "<pre>\(escaped(markdown))</pre>"
    }
    return buffers[0]
  }

  /// HTML of one line of Markdown without the paragraph around it.
  func inline(_ markdown: String) -> String {
    let html = render(markdown)
    guard html.hasPrefix("<p>"), html.hasSuffix("</p>\n") else { return html }
    return String(html.dropFirst(3).dropLast(5))
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> ProseRenderer? {
    context.map { Unmanaged<ProseRenderer>.fromOpaque($0).takeUnretainedValue() }
  }

  private func emit(_ html: String) {
    buffers[buffers.count - 1] += html
    openFormula = nil
  }

  /// What is left of a text once the punctuation it begins with has been tied to the formula before it: a browser would break the line
  /// between them.
  private func tied(_ text: String) -> Substring {
    let marks = text.prefix { ".,;:!?)".contains($0) }
    guard let markup = openFormula, !marks.isEmpty else { return Substring(text) }
    buffers[buffers.count - 1].removeLast(markup.count)
    emit("<span class=\"tied\">\(markup)\(marks)</span>")
    return text[marks.endIndex...]
  }

  // MARK: Blocks

  private func enter(block kind: MD_BLOCKTYPE, _ detail: UnsafeMutableRawPointer?) -> Int32 {
    switch kind {
    case MD_BLOCK_QUOTE: emit("<blockquote>\n")
    case MD_BLOCK_UL: emit("<ul>\n")
    case MD_BLOCK_OL:
      let start = detail?.load(as: MD_BLOCK_OL_DETAIL.self).start ?? 1
      emit(start == 1 ? "<ol>\n" : "<ol start=\"\(start)\">\n")
    case MD_BLOCK_LI:
      let item = detail?.load(as: MD_BLOCK_LI_DETAIL.self)
      if let item, item.is_task != 0 {
        let isDone = item.task_mark != CChar(bitPattern: UInt8(ascii: " "))
        emit(
          "<li class=\"task\"><span role=\"img\" aria-label=\"\(isDone ? "done" : "to do")\">\(isDone ? "☑" : "☐")</span> "
        )
      } else {
        emit("<li>")
      }
    case MD_BLOCK_HR: emit("<hr/>\n")
    case MD_BLOCK_H:
      buffers.append("")
      plainText = ""
    case MD_BLOCK_CODE:
      let language = detail.map { attribute($0.load(as: MD_BLOCK_CODE_DETAIL.self).lang) } ?? ""
      codeLanguage = language
      buffers.append("")
    case MD_BLOCK_P: emit("<p>")
    case MD_BLOCK_TABLE: emit("<div class=\"scroll\" tabindex=\"0\"><table>\n")
    case MD_BLOCK_THEAD: emit("<thead>\n")
    case MD_BLOCK_TBODY: emit("<tbody>\n")
    case MD_BLOCK_TR: emit("<tr>")
    case MD_BLOCK_TH, MD_BLOCK_TD:
      let align = detail?.load(as: MD_BLOCK_TD_DETAIL.self).align
      let name = kind == MD_BLOCK_TH ? "th" : "td"
      let side =
        align == MD_ALIGN_LEFT
        ? "left" : align == MD_ALIGN_RIGHT ? "right" : align == MD_ALIGN_CENTER ? "center" : nil
      emit(
        "<\(name)\(name == "th" ? " scope=\"col\"" : "")\(side.map { " style=\"text-align:\($0)\"" } ?? "")>")
    default: break
    }
    return 0
  }

  private func leave(block kind: MD_BLOCKTYPE, _ detail: UnsafeMutableRawPointer?) -> Int32 {
    switch kind {
    case MD_BLOCK_QUOTE: emit("</blockquote>\n")
    case MD_BLOCK_UL: emit("</ul>\n")
    case MD_BLOCK_OL: emit("</ol>\n")
    case MD_BLOCK_LI: emit("</li>\n")
    case MD_BLOCK_H: finishHeading(Int(detail?.load(as: MD_BLOCK_H_DETAIL.self).level ?? 1))
    case MD_BLOCK_CODE:
      var code = buffers.popLast() ?? ""
      if code.hasSuffix("\n") { code.removeLast() }
      emit(codeBlock(codeLanguage == "faa" ? highlighted(code) : escaped(code)) + "\n")
      codeLanguage = nil
    case MD_BLOCK_P: emit("</p>\n")
    case MD_BLOCK_TABLE: emit("</table></div>\n")
    case MD_BLOCK_THEAD: emit("</thead>\n")
    case MD_BLOCK_TBODY: emit("</tbody>\n")
    case MD_BLOCK_TR: emit("</tr>\n")
    case MD_BLOCK_TH: emit("</th>")
    case MD_BLOCK_TD: emit("</td>")
    default: break
    }
    return 0
  }

  private func finishHeading(_ level: Int) {
    let html = buffers.popLast() ?? ""
    var slug = ""
    for character in plainText.lowercased() {
      if character.isLetter || character.isNumber {
        slug.append(character)
      } else if !slug.isEmpty, slug.last != "-" {
        slug.append("-")
      }
    }
    while slug.last == "-" { slug.removeLast() }
    if slug.isEmpty { slug = "section" }
    let count = anchors[slug, default: 0]
    anchors[slug] = count + 1
    // The prefix keeps anchors apart from the page's own identifiers.
    let anchor = "s-" + (count == 0 ? slug : "\(slug)-\(count + 1)")
    headings.append(Heading(level: level, anchor: anchor, html: html))
    emit("<h\(level) id=\"\(escaped(anchor))\">\(html)</h\(level)>\n")
  }

  // MARK: Spans

  private func enter(span kind: MD_SPANTYPE, _ detail: UnsafeMutableRawPointer?) -> Int32 {
    if kind == MD_SPAN_IMG {
      imageDepth += 1
      if imageDepth == 1 { imageAlt = "" }
    }
    guard imageDepth == 0 else { return 0 }
    switch kind {
    case MD_SPAN_EM: emit("<em>")
    case MD_SPAN_STRONG: emit("<strong>")
    case MD_SPAN_DEL: emit("<del>")
    case MD_SPAN_CODE: emit("<code>")
    case MD_SPAN_LATEXMATH, MD_SPAN_LATEXMATH_DISPLAY: formula = ""
    case MD_SPAN_A:
      let target = detail.map { attribute($0.load(as: MD_SPAN_A_DETAIL.self).href) } ?? ""
      let isSafe = isSafeLink(target)
      openLinks.append(isSafe)
      if isSafe {
        emit(
          "<a href=\"\(escaped(pageAddress(target)))\" rel=\"noreferrer\">"
        )
      } else {
        warnings.append(
          "the link to `\(target)` is left out: only http, https, mailto, # and paths beside the notebook are kept"
        )
      }
    default: break
    }
    return 0
  }

  private func leave(span kind: MD_SPANTYPE, _ detail: UnsafeMutableRawPointer?) -> Int32 {
    if kind == MD_SPAN_IMG {
      imageDepth -= 1
      if imageDepth == 0 {
        let source = detail.map { attribute($0.load(as: MD_SPAN_IMG_DETAIL.self).src) } ?? ""
        emitImage(source, alt: imageAlt ?? "")
        imageAlt = nil
      }
      return 0
    }
    guard imageDepth == 0 else { return 0 }
    switch kind {
    case MD_SPAN_EM: emit("</em>")
    case MD_SPAN_STRONG: emit("</strong>")
    case MD_SPAN_DEL: emit("</del>")
    case MD_SPAN_CODE: emit("</code>")
    case MD_SPAN_LATEXMATH, MD_SPAN_LATEXMATH_DISPLAY:
      let tex = formula ?? ""
      formula = nil
      emitFormula(tex, display: kind == MD_SPAN_LATEXMATH_DISPLAY)
    case MD_SPAN_A: if openLinks.popLast() == true { emit("</a>") }
    default: break
    }
    return 0
  }

  /// A formula; what is no formula (`costs $5 and $6`: a blank inside the dollars) is text, and what is not in the
  /// subset is shown as source.
  private func emitFormula(_ tex: String, display: Bool) {
    let dollars = display ? "$$" : "$"
    if !display, tex.first?.isWhitespace != false || tex.last?.isWhitespace != false {
      plainText += "$\(tex)$"
      emit(escaped("$\(tex)$"))
      return
    }
    plainText += tex
    do {
      let markup = try mathML(tex, display: display)
      // A wide formula scrolls by itself, not with the page.
      emit(display ? "<span class=\"formula\" tabindex=\"0\">\(markup)</span>" : markup)
      if !display { openFormula = markup }
    } catch {
      warnings.append("formula shown as source, \(error) is not supported: \(dollars)\(tex)\(dollars)")
      emit(
        "<code class=\"tex\" title=\"This TeX is not supported\">\(escaped(dollars + tex + dollars))</code>")
    }
  }

  private func emitImage(_ source: String, alt: String) {
    let types = [
      "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
      "svg": "image/svg+xml",
    ]
    let suffix = source.split(separator: ".").last.map { $0.lowercased() } ?? ""
    guard let type = types[suffix], !source.contains(":"), let bytes = picture(source) else {
      warnings.append(
        "the picture `\(source)` is left out: only files inside the notebook's folder are embedded")
      emit("<span class=\"missing\">[\(escaped(alt.isEmpty ? source : alt))]</span>")
      return
    }
    emit("<img src=\"data:\(type);base64,\(base64(bytes))\" alt=\"\(escaped(alt))\"/>")
  }

  // MARK: Text

  private func text(_ kind: MD_TEXTTYPE, _ text: String) -> Int32 {
    if formula != nil {
      formula? += kind == MD_TEXT_SOFTBR || kind == MD_TEXT_BR ? " " : text
      return 0
    }
    if imageDepth > 0 {
      imageAlt? += text
      return 0
    }
    if codeLanguage != nil {
      emit(text)
      return 0
    }
    switch kind {
    case MD_TEXT_NULLCHAR: emit("\u{FFFD}")
    case MD_TEXT_BR: emit("<br/>\n")
    case MD_TEXT_SOFTBR: emit("\n")
    case MD_TEXT_ENTITY:
      let decoded = decodedEntity(text)
      plainText += decoded ?? ""
      emit(decoded.map(escaped) ?? text)
    default:
      plainText += text
      emitWithFormulas(text)
    }
    return 0
  }

  /// Text in which a display formula may have been taken out.
  private func emitWithFormulas(_ text: String) {
    var rest = tied(text)
    while let start = rest.firstIndex(of: DisplayMath.open) {
      emit(escaped(String(rest[..<start])))
      let number = rest[rest.index(after: start)...].prefix { $0.isNumber }
      if let index = Int(number), index < formulas.count { emitFormula(formulas[index], display: true) }
      rest = rest[number.endIndex...].dropFirst()
    }
    emit(escaped(String(rest)))
  }

  private func attribute(_ attribute: MD_ATTRIBUTE) -> String {
    guard let text = attribute.text, let kinds = attribute.substr_types,
      let offsets = attribute.substr_offsets
    else { return "" }
    var result = ""
    var index = 0
    while offsets[index] < attribute.size {
      let (start, end) = (Int(offsets[index]), Int(offsets[index + 1]))
      let piece = String(
        decoding: UnsafeRawBufferPointer(start: text + start, count: end - start), as: UTF8.self)
      result += kinds[index] == MD_TEXT_ENTITY ? decodedEntity(piece) ?? piece : piece
      index += 1
    }
    return result
  }
}

/// Whether a link may be kept: never one that runs something.
private func isSafeLink(_ target: String) -> Bool {
  if target.hasPrefix("#") { return true }
  let visible = target.lowercased().filter {
    !$0.isWhitespace && !($0.unicodeScalars.first.map { $0.value < 0x20 } ?? true)
  }
  return ["http://", "https://", "mailto:"].contains { visible.hasPrefix($0) } || isBeside(visible)
}

/// Whether a link is a path from the notebook's folder on: no scheme, no host, no root.
private func isBeside(_ target: String) -> Bool {
  let path = target.prefix { $0 != "#" && $0 != "?" }
  return path.first.map { $0.isLetter || $0.isNumber || $0 == "." } == true
    && !path.contains { ":\\%".contains($0) } && !path.contains("//")
}

/// Where a link of the notebook leads from the page: to this page's own anchors, and from notebook to notebook as from page to page.
private func pageAddress(_ target: String) -> String {
  if target.hasPrefix("#") { return "#s-" + target.dropFirst() }
  guard isBeside(target) else { return target }
  let path = target.prefix { $0 != "#" && $0 != "?" }
  guard path.hasSuffix(".faa") else { return target }
  let rest = target.dropFirst(path.count)
  return path.dropLast(3) + "html" + (rest.hasPrefix("#") ? "#s-" + rest.dropFirst() : rest)
}

/// The character of a numeric or basic named reference; nil for names that browsers know and this program does not.
private func decodedEntity(_ entity: String) -> String? {
  let name = entity.dropFirst().dropLast()
  if name.hasPrefix("#") {
    let isHex = name.dropFirst().first.map { "xX".contains($0) } ?? false
    let value = isHex ? UInt32(name.dropFirst(2), radix: 16) : UInt32(name.dropFirst())
    return value.flatMap(Unicode.Scalar.init).map { String($0.value == 0 ? "\u{FFFD}" : $0) } ?? "\u{FFFD}"
  }
  return ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}"][String(name)]
}
