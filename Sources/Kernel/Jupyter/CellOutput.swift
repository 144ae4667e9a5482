import Notebook
import Runtime

/// What one cell shows, on its way to the subscribers.
final class CellOutput {
  private let publisher: Publisher
  private let parent: JSON
  private let isSilent: Bool
  private var progress: [String: ProgressDisplay] = [:]
  private var frames = LiveFrames()
  /// The display under which each live one is shown.
  private var displays: [String: String] = [:]
  private let started = monotonicSeconds()

  init(_ publisher: Publisher, parent: JSON, isSilent: Bool) {
    (self.publisher, self.parent, self.isSilent) = (publisher, parent, isSilent)
  }

  /// Publishes a message; nothing for a silent cell.
  func publish(_ type: String, _ content: [(String, JSON)]) {
    if !isSilent { publisher.publish(type, .object(content), parent: parent) }
  }

  func send(_ output: Output) {
    guard !isSilent else { return }
    switch output {
    case .text(let text): publisher.stream("stdout", text, parent: parent)
    case .warning(let text): publisher.stream("stderr", "warning: \(text)\n", parent: parent)
    case .metric(let name, let value): publisher.stream("stdout", "\(name) = \(value)\n", parent: parent)
    case .display(let display):
      let bundle = MIMEBundle(display)
      publish("display_data", [("data", bundle.data), ("metadata", bundle.metadata)])
    case .live(let live): if let display = frames.add(live) { show(display, inPlaceOf: live.name) }
    case .progress(let report): advance(report)
    case .clear(let wait):
      // Where the lines of progress and the live displays were, there is nothing left to update.
      (progress, displays) = ([:], [:])
      publish("clear_output", [("wait", .bool(wait))])
    }
  }

  /// Brings all lines of progress and all live displays to their last state.
  func end() {
    for (type, content) in progress.values.flatMap({ $0.last() }) { publish(type, content) }
    for (name, display) in frames.last() { show(display, inPlaceOf: name) }
  }

  private func show(_ display: Display, inPlaceOf name: String) {
    let type = displays[name] == nil ? "display_data" : "update_display_data"
    let id = displays[name] ?? Message.identifier()
    displays[name] = id
    let bundle = MIMEBundle(display)
    publish(
      type,
      [
        ("data", bundle.data), ("metadata", bundle.metadata),
        ("transient", .object([("display_id", .string(id))])),
      ])
  }

  private func advance(_ report: Progress) {
    // Short work needs no line.
    guard progress[report.label] != nil || monotonicSeconds() - started > ProgressDisplay.patience else {
      return
    }
    for (type, content) in progress[report.label, default: ProgressDisplay()].show(report) {
      publish(type, content)
    }
  }
}

/// The progress of a long command: one display, updated in place.
struct ProgressDisplay {
  /// Seconds a cell runs before its progress is shown.
  static let patience = 0.4
  /// Seconds between updates.
  private static let interval = 0.1

  private let id = Message.identifier()
  private var latest: Progress?
  private var shownAt: Double?
  private var isCurrent = true

  typealias Publication = (type: String, content: [(String, JSON)])

  /// What to publish about a new state: nothing when the last one is too recent.
  mutating func show(_ progress: Progress) -> [Publication] {
    latest = progress
    let now = monotonicSeconds()
    let type = shownAt == nil ? "display_data" : "update_display_data"
    if let shownAt, now - shownAt < Self.interval {
      isCurrent = false
      return []
    }
    (shownAt, isCurrent) = (now, true)
    return [(type, content(progress))]
  }

  /// What to publish at the end, so that the last state is what stays.
  func last() -> [Publication] {
    guard !isCurrent, let latest else { return [] }
    return [("update_display_data", content(latest))]
  }

  private func content(_ progress: Progress) -> [(String, JSON)] {
    let count = progress.total.map { "\(progress.done)/\($0)" } ?? "\(progress.done)"
    let text = [progress.label, count, progress.note].filter { !$0.isEmpty }.joined(separator: "  ")
    let bar =
      progress.total.map { "<progress value=\"\(progress.done)\" max=\"\(max($0, 1))\"></progress> " } ?? ""
    return [
      (
        "data",
        .object([
          ("text/html", .string("<div>\(bar)\(text.escapedForMarkup)</div>")), ("text/plain", .string(text)),
        ])
      ),
      ("metadata", .object([])), ("transient", .object([("display_id", .string(id))])),
    ]
  }
}
