import Figures
import Runtime
import Syntax
import Training

extension RunObject {
  /// The summary, the course of the loss as a line of blocks, and the epochs.
  func display(width: Int) -> Display {
    var lines = TextWidth.folded(summary(), to: max(20, width))
    if history.losses.count > 1 {
      lines.append("  loss  " + Sparkline.text(history.losses, columns: min(60, max(10, width - 8))))
    }
    guard history.epochLosses.count > 1 else { return Display(text: lines.joined(separator: "\n")) }
    let header = ["epoch", "loss", "learning rate"]
    let head = lines.joined(separator: "\n")
    let table = Table(header: header, rows: epochRows(), words: [])
    lines += ([header] + epochRows(shown: 9)).map { row in
      "  " + zip(row, [5, 10, 16]).map { padded($0, $1) }.joined()
    }
    return Display(
      text: lines.joined(separator: "\n"), html: "<pre>\(head.escapedForMarkup)</pre>\(table.html)",
      markdown: "```text\n\(head)\n```\n\n\(table.markdown)")
  }

  /// A row for each epoch; of many the first and the last ones, which tell the course.
  private func epochRows(shown: Int = 30) -> [[String]] {
    let epochs = history.epochLosses
    let steps = history.losses.count / epochs.count
    var rows: [[String]] = []
    for (index, loss) in epochs.enumerated() {
      if epochs.count > shown + 1, index > shown / 2, index < epochs.count - shown / 2 {
        if index == shown / 2 + 1 { rows.append(["⋮"]) }
        continue
      }
      let rate = history.learningRates[min(history.learningRates.count, (index + 1) * steps) - 1]
      rows.append(["\(index + 1)", fixed(loss, 5, below: 1000), fixed(rate, 7, below: 1000)])
    }
    return rows
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
