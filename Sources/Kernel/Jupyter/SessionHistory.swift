import Notebook
import Runtime

/// What clients executed in this session, for their up-arrow keys and searches.
struct SessionHistory {
  private var entries: [(line: Int, source: String, output: String?)] = []
  /// The session's number in rows.
  private static let session = 1

  /// Adds an entry, before it runs.
  mutating func begin(_ source: String, line: Int) { entries.append((line, source, nil)) }

  /// Says what the last entry's value was shown as.
  mutating func end(output: String) { if !entries.isEmpty { entries[entries.count - 1].output = output } }

  /// The rows a `history_request` asks for.
  func rows(_ request: JSON) -> JSON {
    let withOutput = request.bool("output", default: false)
    return .array(
      selection(request).map { entry in
        let input = JSON.string(entry.source)
        let cell =
          withOutput ? JSON.array([input, entry.output.map(JSON.string) ?? .null]) : input
        return .array([.int(Self.session), .int(entry.line), cell])
      })
  }

  private func selection(_ request: JSON) -> ArraySlice<(line: Int, source: String, output: String?)> {
    let count = max(0, request.int("n", default: 10))
    switch request.text("hist_access_type") {
    case "range":
      // 0 is this session, and there are no others.
      guard [0, Self.session].contains(request.int("session", default: 0)) else { return [] }
      let start = request.int("start", default: 0)
      let stop = request.int("stop", default: .max)
      return entries.filter { $0.line >= start && $0.line < stop }[...]
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
