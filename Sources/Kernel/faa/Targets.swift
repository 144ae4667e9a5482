import Glibc
import Notebook

/// The files a run was asked to write beside its sidecar.
struct Targets {
  private let document: Document
  private let html: String?
  private let ipynb: String?
  private let markdown: String?
  private let json: String?
  private let showsTimes: Bool

  /// Resolves the paths in the caller's folder.
  init(_ command: RunCommand, _ document: Document) {
    self.document = document
    html = command.html.map(absolute)
    showsTimes = !command.noTimes
    ipynb = command.ipynb.map(absolute)
    markdown = command.markdown.map(absolute)
    json = command.json.map { $0 == "-" ? $0 : absolute($0) }
  }

  /// Throws `UsageError` for a file that cannot be written, before a run takes its time.
  func check() throws {
    for path in [html, ipynb, markdown, json].compactMap({ $0 }) where path != "-" { try checkWritable(path) }
  }

  /// Writes them; throws `FileError`.
  func write(_ result: RunResult, base: String) throws {
    if let json {
      let text = result.json.pretty
      if json == "-" { Console.out(text) } else { try replaceFile(json, with: Array(text.utf8)) }
    }
    if let ipynb { try replaceFile(ipynb, with: Array(document.ipynb(result).utf8)) }
    if let markdown { try replaceFile(markdown, with: Array(document.markdown(result).utf8)) }
    guard let html else { return }
    let page = HTMLPage(document, result, showsTimes: showsTimes) { pictureBytes($0, below: base) }
    for warning in page.warnings { Console.error("\(document.name): warning: \(warning)\n") }
    try replaceFile(html, with: Array(page.html.utf8))
  }
}

/// A picture of the prose, if it lies in the notebook's own folder or below.
func pictureBytes(_ relative: String, below base: String) -> [UInt8]? {
  guard !relative.hasPrefix("/"), let real = realpath("\(base)/\(relative)", nil),
    let root = realpath(base, nil)
  else { return nil }
  defer {
    free(real)
    free(root)
  }
  let path = String(cString: real)
  guard path.hasPrefix(String(cString: root) + "/") else { return nil }
  return try? readFile(path)
}
