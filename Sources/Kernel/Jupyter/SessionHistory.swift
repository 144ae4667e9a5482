import Glibc
import Notebook
import Runtime

/// What clients executed, in this session and earlier ones, for their up-arrow keys and searches.
///
/// The file has a line for each entry: the name of its session, its number there, its text. Sessions are numbered in the order in which the
/// file first names them.
final class SessionHistory {
  private struct Entry {
    let session: Int
    let line: Int
    let source: String
    var output: String?
  }

  private let file: EntryFile?
  /// The name of this session in the file.
  private let name: String
  private var own: [(line: Int, source: String, output: String?)] = []
  private var hasComplained = false

  /// - Parameters:
  ///   - path: where entries are kept; nil keeps none.
  ///   - name: the name of this session, without blanks.
  init(path: String?, name: String) {
    file = path.map(EntryFile.init)
    self.name = name
  }

  /// Adds an entry, before it runs.
  func begin(_ source: String, line: Int) {
    own.append((line, source, nil))
    guard let file, !file.append("\(name) \(line) \(source)"), !hasComplained else { return }
    hasComplained = true
    log("history is not kept: \(file.path): \(String(cString: strerror(errno)))")
  }

  /// Says what the last entry's value was shown as.
  func end(output: String) { if !own.isEmpty { own[own.count - 1].output = output } }

  /// The rows a `history_request` asks for.
  func rows(_ request: JSON) -> JSON {
    let withOutput = request.bool("output", default: false)
    return .array(
      selection(request).map { entry in
        let input = JSON.string(entry.source)
        let cell =
          withOutput ? JSON.array([input, entry.output.map(JSON.string) ?? .null]) : input
        return .array([.int(entry.session), .int(entry.line), cell])
      })
  }

  /// Every entry, oldest first and this session's last, and this session's number.
  private func all() -> (entries: [Entry], session: Int) {
    var numbers: [Substring: Int] = [:]
    var entries: [Entry] = []
    for stored in file?.entries() ?? [] {
      let parts = stored.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, let line = Int(parts[1]) else { continue }
      let session = numbers[parts[0]] ?? numbers.count + 1
      numbers[parts[0]] = session
      if parts[0] != name { entries.append(Entry(session: session, line: line, source: String(parts[2]))) }
    }
    let session = numbers[name[...]] ?? numbers.count + 1
    entries += own.map { Entry(session: session, line: $0.line, source: $0.source, output: $0.output) }
    return (entries, session)
  }

  private func selection(_ request: JSON) -> ArraySlice<Entry> {
    let (entries, current) = all()
    let count = max(0, request.int("n", default: 10))
    switch request.text("hist_access_type") {
    case "range":
      // 0 is this session, negative numbers count back from it.
      let wanted = request.int("session", default: 0)
      let session = wanted > 0 ? wanted : current &+ wanted
      let lines = (first: request.int("start", default: 0), end: request.int("stop", default: .max))
      return entries.filter { $0.session == session && $0.line >= lines.first && $0.line < lines.end }[...]
    case "search":
      let pattern = request.text("pattern")
      let glob = Glob(pattern.isEmpty ? "*" : pattern)
      var found = entries.filter { glob.matches($0.source) }
      if request.bool("unique", default: false) {
        var seen: Set<String> = []
        found = found.reversed().filter { seen.insert($0.source).inserted }.reversed()
      }
      return found.suffix(request["n"].map { _ in count } ?? found.count)
    default: return entries.suffix(count)
    }
  }
}
