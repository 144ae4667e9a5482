import Figures
import Runtime
import Syntax
import Training

extension RunObject {
  /// The summary, the course of the loss as a line of blocks, and the epochs.
  func display(width: Int) -> Display {
    let epochs = history.epochLosses
    var lines = TextWidth.folded(summary(), to: max(20, width))
    if history.losses.count > 1 {
      lines.append("  loss  " + Sparkline.text(history.losses, columns: min(60, max(10, width - 8))))
    }
    guard epochs.count > 1 else { return Display(text: lines.joined(separator: "\n")) }
    let steps = history.losses.count / epochs.count
    lines.append("  epoch      loss   learning rate")
    for (index, loss) in epochs.enumerated() {
      // The first and the last ones tell the course.
      if epochs.count > 10, index >= 5, index < epochs.count - 4 {
        if index == 5 { lines.append("      ⋮") }
        continue
      }
      let rate = history.learningRates[min(history.learningRates.count, (index + 1) * steps) - 1]
      lines.append(
        "  \(padded("\(index + 1)", 5))\(padded(fixed(loss, 5), 10))\(padded(fixed(rate, 7), 16))")
    }
    return Display(text: lines.joined(separator: "\n"))
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
