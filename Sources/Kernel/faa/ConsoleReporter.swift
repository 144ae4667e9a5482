import ArgumentParser
import Notebook
import REPL

/// How progress is drawn on standard error.
enum ProgressStyle: String, ExpressibleByArgument, CaseIterable {
  /// `tty` on a terminal, `plain` elsewhere.
  case auto
  /// One line that redraws itself, ten times a second at most.
  case tty
  /// A line per cell, and one every ten seconds within a long cell.
  case plain
  /// Nothing.
  case none
}

/// The run as a person follows it: cell text on standard output, progress and errors on standard error.
final class ConsoleReporter: RunObserver {
  private let style: ProgressStyle
  private let plots: Plots
  private let showsText: Bool
  private let isVerbose: Bool
  private let graph: CellGraph
  private var lastDrawn = 0.0
  private var lineIsDrawn = false
  private var position = ""
  /// Whether the last text ended without a line end, so that the next message needs one.
  private var textIsOpen = false

  /// - Parameters:
  ///   - showsText: whether what cells give goes to standard output.
  ///   - isVerbose: whether every cell is followed by what it needs and why it is or is not kept.
  init(style: ProgressStyle, plots: Plots, showsText: Bool, isVerbose: Bool, graph: CellGraph) {
    self.style = style == .auto ? (Console.canRedraw ? .tty : .plain) : style
    self.plots = plots
    self.showsText = showsText
    self.isVerbose = isVerbose
    self.graph = graph
  }

  func cellStarted(_ cell: Cell, of total: Int, in result: RunResult) {
    position = "[\(cell.ordinal)/\(total)] \(cell.address)"
    lastDrawn = monotonicSeconds()
    if style == .tty { draw(position) }
  }

  func cellProduced(_ output: CellOutput, in cell: Cell) {
    clear()
    if case .warning(let text) = output {
      closeText()
      Console.error("warning: \(Safe.text(text))\n")
      return
    }
    guard showsText else { return }
    switch output {
    case .display(let rendering) where rendering.isEarlier: return
    case .display(let rendering) where rendering.isFigure, .value(let rendering, _) where rendering.isFigure:
      closeText()
      Console.out(plots.drawing(rendering))
    default: show(output)
    }
    if case .text(let text) = output { textIsOpen = !text.hasSuffix("\n") } else { textIsOpen = false }
  }

  func cellProgressed(_ progress: ProgressReport, in cell: Cell) {
    let now = monotonicSeconds()
    switch style {
    case .tty where now - lastDrawn >= 0.1 && !textIsOpen:
      lastDrawn = now
      draw("\(position)  \(progress.line)")
    case .plain where now - lastDrawn >= 10:
      lastDrawn = now
      Console.error("\(position)  \(progress.line)\n")
    default: break
    }
  }

  func cellEnded(_ outcome: CellOutcome, of total: Int, in result: RunResult) {
    clear()
    closeText()
    if let failure = outcome.failure, outcome.isFailed {
      let place = failure.line.map { "\(result.notebook):\($0):\(failure.column ?? 1): " } ?? ""
      Console.error("\(place)\(failure.rendered)\n")
    }
    for verdict in outcome.expectations {
      guard let mismatch = verdict.mismatch else { continue }
      let expected = mismatch.expected.map { "`\($0)`" } ?? "the output to end"
      let actual = mismatch.actual.map { "`\($0)`" } ?? "its end"
      Console.error(
        "\(result.notebook):\(verdict.line + mismatch.line):1: error: cell \(outcome.address): expected \(expected), but \(actual) came\n"
      )
    }
    if style == .plain || style == .tty {
      let failed = outcome.expectations.contains { $0.mismatch != nil }
      let status = outcome.status == .ok && failed ? "mismatch" : outcome.status.rawValue
      Console.error("\(position)  \(status)  \(decimal(outcome.seconds, 2)) s\n")
      // Whoever has waited for it learns that it will have to be waited for again.
      if !isVerbose, outcome.seconds >= 5, let note = outcome.note { Console.error("  \(note)\n") }
    }
    if isVerbose { explain(outcome, result) }
  }

  /// What the cell needed and what becomes of its results.
  private func explain(_ outcome: CellOutcome, _ result: RunResult) {
    let node = graph.nodes[outcome.ordinal - 1]
    let needed = node.needs.sorted().map { result.cells[$0].address }
    if !needed.isEmpty { Console.error("  needs \(needed.joined(separator: ", "))\n") }
    if let note = outcome.note { Console.error("  \(note)\n") }
    if let peak = outcome.peakBytes { Console.error("  peak memory \(peak >> 20) MiB\n") }
  }

  func runEnded(_ result: RunResult) {
    if style != .none {
      for cell in result.cells where cell.status == .skipped {
        if let note = cell.note { Console.error("skipped \(cell.address): \(note)\n") }
      }
    }
    guard let reason = result.stopReason else { return }
    let ran = result.cells.filter { $0.status != .skipped }
    // A failing cell has said why by now.
    if !ran.contains(where: \.isFailed) { Console.error("\(result.notebook): error: \(reason)\n") }
    let skipped = result.cells.count - ran.count
    if style != .none, skipped > 0 { Console.error("stopped: \(counted(skipped, "cell")) not run\n") }
  }

  private func closeText() {
    if textIsOpen { Console.out("\n") }
    textIsOpen = false
  }

  /// Draws over the current line: back to its start, text, erase the rest.
  private func draw(_ text: String) {
    Console.error("\r\(text.prefix(terminalWidth() - 1))\u{1B}[K")
    lineIsDrawn = true
  }

  private func clear() {
    if lineIsDrawn { Console.error("\r\u{1B}[K") }
    lineIsDrawn = false
  }
}
