/// A notebook with its outputs as one page that needs nothing else: no script, no reference out of the file.
public struct HTMLPage {
  /// The page.
  public let html: String
  /// What could not be shown as meant, in one line each.
  public let warnings: [String]

  /// - Parameters:
  ///   - document: the notebook.
  ///   - result: its run; nil shows the notebook without outputs.
  ///   - showsTimes: says when it ran and how long that took. Without, the same results give the same bytes.
  ///   - picture: reads a picture the prose refers to, by its path relative to the notebook; nil leaves it out.
  public init(
    _ document: Document, _ result: RunResult?, showsTimes: Bool = true,
    picture: @escaping (String) -> [UInt8]? = { _ in nil }
  ) {
    let prose = ProseRenderer(picture: picture)
    var outputs = OutputRenderer(showsTimes: showsTimes)
    var body = ""
    var pending: CellOutcome?
    var title = document.header.title ?? document.name
    var head: String?
    var openDetails = 0
    var unmatched: [String] = []
    for block in document.blocks {
      switch block {
      case .prose(let block):
        let text = String(decoding: block.source, as: UTF8.self)
        for part in proseParts(text.replacing("\r\n", with: "\n")) {
          switch part {
          case .markdown(let markdown):
            var html = prose.render(markdown)
            if body.isEmpty, let heading = leadingTitle(html) {
              // The notebook's own first heading becomes the page's, above authors and verdict.
              title = document.header.title ?? plain(heading)
              head = heading
              html = String(html.dropFirst(heading.count))
            }
            if !html.isEmpty { body += "<div class=\"prose\">\n\(html)</div>\n" }
          case .open(let summary):
            body += "<details class=\"answer\"><summary>\(prose.inline(summary))</summary>\n"
            openDetails += 1
          case .close where openDetails > 0:
            body += "</details>\n"
            openDetails -= 1
          case .close: unmatched.append("a `</details>` that closes nothing is left out")
          }
        }
      case .cell(let cell):
        pending = result.flatMap { $0.cells.count >= cell.ordinal ? $0.cells[cell.ordinal - 1] : nil }
        body += outputs.section(of: cell, pending)
      case .expect(let expectation):
        body += outputs.note(of: expectation, pending)
      }
    }
    if openDetails > 0 {
      unmatched.append("a `<details>` is never closed")
      body += String(repeating: "</details>\n", count: openDetails)
    }
    html = """
      <!DOCTYPE html>
      <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"/>
      <meta name="generator" content="FAA"/>
      <title>\(escaped(title))</title>
      <style>
      \(pageStyle)
      </style>
      </head>
      <body>
      <main>
      <header class="page">
      \(head ?? "<h1>\(escaped(title))</h1>\n")\(credits(document, result, showsTimes))</header>
      \(outline(prose.headings))\(body)</main>
      </body>
      </html>

      """
    warnings = prose.warnings + unmatched + outputs.warnings
  }
}

/// The first-level heading that a stretch of prose starts with, as rendered.
private func leadingTitle(_ html: String) -> String? {
  guard html.hasPrefix("<h1 "), let end = html.firstRange(of: "</h1>\n") else { return nil }
  return String(html[..<end.upperBound])
}

/// Links to the sections; nothing for a short notebook.
private func outline(_ headings: [ProseRenderer.Heading]) -> String {
  let entries = headings.filter { $0.level == 2 || $0.level == 3 }
  guard entries.count >= 3 else { return "" }
  let items = entries.map { heading in
    "<li class=\"l\(heading.level)\"><a href=\"#\(escaped(heading.anchor))\">\(withoutLinks(heading.html))</a></li>"
  }
  return "<nav aria-label=\"Contents\"><ul>\n\(items.joined(separator: "\n"))\n</ul></nav>\n"
}

/// Authors, the verdict of the run and its parameters.
private func credits(_ document: Document, _ result: RunResult?, _ showsTimes: Bool) -> String {
  var html = ""
  if !document.header.authors.isEmpty {
    html += "<p class=\"authors\">\(escaped(document.header.authors.joined(separator: ", ")))</p>\n"
  }
  guard let result else { return html }
  let verdict = verdict(result, showsTimes)
  html +=
    "<p class=\"verdict \(verdict.isGood ? "good" : "bad")\"><span aria-hidden=\"true\">\(verdict.isGood ? "✓" : "✗")</span> \(escaped(verdict.text))</p>\n"
  if !result.parameters.isEmpty {
    let rows = result.parameters.map { parameter in
      let origin =
        parameter.source == .default
        ? "default" : parameter.source == .file ? "parameter file" : "command line"
      return
        "<tr><th scope=\"row\"><code>\(escaped(parameter.name))</code></th><td><code>\(escaped(parameter.value.literal))</code></td><td>\(origin)</td></tr>"
    }
    html +=
      "<details class=\"params\"><summary>\(counted(rows.count, "parameter"))</summary><table><thead><tr><th scope=\"col\">name</th><th scope=\"col\">value</th><th scope=\"col\">from</th></tr></thead><tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table></details>\n"
  }
  return html
}

/// One sentence on how the run went.
private func verdict(_ result: RunResult, _ showsTimes: Bool) -> (text: String, isGood: Bool) {
  let ran = result.cells.filter { $0.status != .skipped }.count
  let checks = result.cells.flatMap(\.expectations)
  let failed = checks.filter { $0.mismatch != nil }.count
  let seconds = decimal(result.seconds, result.seconds < 10 ? 2 : 0)
  let time = showsTimes ? "in \(seconds) s, seed \(result.seed), \(result.started)" : "seed \(result.seed)"
  switch result.exitCode {
  case 0:
    let held = checks.isEmpty ? "" : "; \(counted(checks.count, "expectation")) held"
    return ("\(counted(ran, "cell")) ran\(held), \(time)", true)
  case 4: return ("\(failed) of \(counted(checks.count, "expectation")) did not hold, \(time)", false)
  default:
    let first = result.cells.first { $0.failure != nil && $0.status != .ok }
    let reason = result.stopReason ?? first.map { "cell \($0.address) failed" } ?? "the run failed"
    return ("\(reason); \(ran) of \(counted(result.cells.count, "cell")) ran, \(time)", false)
  }
}

/// `1 cell`, `2 cells`.
public func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// The text of a fragment this program made, tags removed.
private func plain(_ html: String) -> String {
  var text = ""
  var inTag = false
  for character in html {
    if character == "<" {
      inTag = true
    } else if character == ">" {
      inTag = false
    } else if !inTag {
      text.append(character)
    }
  }
  return text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
    .replacing("&#39;", with: "'").replacing("&amp;", with: "&")
}

/// A heading's HTML as it may stand inside another link.
private func withoutLinks(_ html: String) -> String {
  var result = ""
  var rest = html[...]
  while let start = rest.firstRange(of: "<a ") ?? rest.firstRange(of: "</a>") {
    let tag = rest[start.lowerBound...]
    result += rest[..<start.lowerBound]
    rest = tag.firstIndex(of: ">").map { tag[tag.index(after: $0)...] } ?? tag[tag.endIndex...]
  }
  return result + rest
}
