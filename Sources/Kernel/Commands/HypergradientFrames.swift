import Figures
import Foundation
import Hypergradient
import Runtime

/// One picture of a method at work: the vectors added so far from the origin to q_k, the spectrum, the residual, the estimate.
struct PlayFrame {
  let track: PlayTrack
  /// Which step is shown.
  let index: Int
  /// Which two coordinates of q the arrows show.
  let axes: (Int, Int)
  /// The spectrum, where the matrix is symmetric; and the exact q, where it is cheap.
  let spectrum: SpectralBounds?
  let exact: [Double]?

  var step: PlayStep { track.steps[index] }

  /// The frame as lines of text, at most `width` columns wide: the numbers beside the picture, or below a smaller one where that does not
  /// fit, so that either is complete in 24 rows.
  func text(width: Int) -> String {
    let isWide = isWide(width)
    var lines = [isWide ? "\(title)   (\(track.places))" : title.replacing("   ", with: "  ")]
    if isWide {
      lines.append("")
      lines += beside(canvas(columns: 44, rows: 13), facts(room: width - 49, isWide: true))
      lines.append("")
    } else {
      lines += canvas(columns: max(min(width - 2, 44), 8), rows: 5) + facts(room: width, isWide: false)
    }
    if let spectrum { lines.append(strip(spectrum, columns: min(width, 78) - 26)) }
    lines.append(bar(room: min(width, 78)))
    return lines.map { String($0.prefix(width)) }.joined(separator: "\n")
  }

  /// Whether the numbers fit beside the picture.
  func isWide(_ width: Int) -> Bool { width >= 46 + 3 + 26 }

  var title: String {
    let step = track.gamma.map { "   γ " + short($0) } ?? ""
    let rho =
      spectrum.flatMap { bounds in track.gamma.map { "   ρ ≥ " + short(bounds.rho(gamma: $0)) } } ?? ""
    return "\(track.name)\(step)\(rho)   step \(index)"
  }

  /// The numbers, one a line of at most `room` columns: of a long vector the first few.
  private func facts(room: Int, isWide: Bool) -> [String] {
    func list(_ values: [Double]) -> String {
      var text = "["
      for (index, value) in values.enumerated() {
        let next = (index > 0 ? ", " : "") + short(value)
        let end = index + 1 == values.count ? 1 : 4
        if index == 3 || index > 0 && 10 + text.count + next.count + end > room { return text + ", …]" }
        text += next
      }
      return text + "]"
    }
    let ratio = step.ratio.map { short($0) } ?? "-"
    // Below the picture every line counts.
    var facts =
      isWide
      ? ["residual  " + short(step.residual), "ratio     " + ratio]
      : ["residual  " + short(step.residual) + "   ratio " + ratio]
    facts += [
      "dF        " + list(step.value), "error     " + (step.error.map { "≈ " + short($0) } ?? "-"),
      "q_k       " + list(step.partial), "added     " + list(step.added),
    ]
    if let exact { facts.append("× exact   " + list(exact)) }
    return step.verdict.isEmpty ? facts : facts + wrapped(step.verdict, width: room)
  }

  private func beside(_ left: [String], _ right: [String]) -> [String] {
    let top = 1
    return left.indices.map { row in
      let fact = right.indices.contains(row - top) ? right[row - top] : ""
      return left[row] + "   " + fact
    }
  }

  /// The two coordinates shown of a vector; the second is 0 for vectors of one element.
  func plane(_ vector: [Double]) -> (Double, Double) {
    (
      vector.indices.contains(axes.0) ? vector[axes.0] : 0,
      vector.indices.contains(axes.1) ? vector[axes.1] : 0
    )
  }

  /// The partial sums as a path of arrows: older ones dotted, the newest solid with a head; o the origin, × the exact q.
  private func canvas(columns: Int, rows: Int) -> [String] {
    let path = track.steps[...index].map { plane($0.partial) }
    let shown = path + (exact.map { [plane($0)] } ?? [])
    let (xs, ys) = (shown.map(\.0).filter(\.isFinite), shown.map(\.1).filter(\.isFinite))
    let (left, bottom) = (xs.min() ?? 0, ys.min() ?? 0)
    let (wide, high) = (max((xs.max() ?? 0) - left, 1e-300), max((ys.max() ?? 0) - bottom, 1e-300))
    var cells = [[Character]](repeating: [Character](repeating: " ", count: columns), count: rows)
    func place(_ point: (Double, Double)) -> (Int, Int)? {
      guard point.0.isFinite, point.1.isFinite else { return nil }
      let column = ((point.0 - left) / wide * Double(columns - 1)).rounded()
      let row = ((point.1 - bottom) / high * Double(rows - 1)).rounded()
      return (
        Int(min(max(column, 0), Double(columns - 1))), rows - 1 - Int(min(max(row, 0), Double(rows - 1)))
      )
    }
    for (number, (from, to)) in zip(path, path.dropFirst()).enumerated() {
      guard let a = place(from), let b = place(to) else { continue }
      let isNewest = number == path.count - 2
      let count = max(abs(b.0 - a.0), abs(b.1 - a.1), 1)
      for part in 0...count {
        let column = a.0 + ((b.0 - a.0) * part * 2 + count) / (2 * count)
        let row = a.1 + ((b.1 - a.1) * part * 2 + count) / (2 * count)
        if cells.indices.contains(row), cells[row].indices.contains(column) {
          cells[row][column] = isNewest ? "•" : "·"
        }
      }
      if isNewest { cells[b.1][b.0] = head(b.0 - a.0, a.1 - b.1) }
    }
    if let origin = place((0, 0)) { cells[origin.1][origin.0] = "o" }
    if let exact, let target = place(plane(exact)), index == 0 || cells[target.1][target.0] == " " {
      cells[target.1][target.0] = "×"
    }
    let legend = exact == nil ? "─ o origin  · path " : "─ o origin  · path  × exact "
    let top =
      legend.count <= columns
      ? legend + String(repeating: "─", count: columns - legend.count)
      : String(repeating: "─", count: columns)
    return ["┌" + top + "┐"] + cells.map { "│" + String($0) + "│" }
      + ["└" + axesLabel(columns) + "┘"]
  }

  /// The lower edge, with the coordinates' names in it.
  private func axesLabel(_ columns: Int) -> String {
    let label = " q[\(axes.0)] →  q[\(axes.1)] ↑ "
    guard label.count + 2 <= columns else { return String(repeating: "─", count: columns) }
    return "─" + label + String(repeating: "─", count: columns - 1 - label.count)
  }

  private func head(_ right: Int, _ up: Int) -> Character {
    if right == 0, up == 0 { return "•" }
    if abs(right) > 4 * abs(up) { return right > 0 ? "→" : "←" }
    if abs(up) * 4 > abs(right) * 8 { return up > 0 ? "↑" : "↓" }
    return right > 0 ? (up > 0 ? "↗" : "↘") : (up > 0 ? "↖" : "↙")
  }

  /// Ritz values between 0 and past the limit 2/γ, beyond which a mode grows.
  private func strip(_ bounds: SpectralBounds, columns: Int) -> String {
    let limit = track.gamma.map { 2 / $0 }
    let low = min(0, bounds.ritzMin)
    let high = max(bounds.ritzMax, limit ?? 0) * 1.05
    guard high > low, (high - low).isFinite, columns > 8 else { return "spectrum  -" }
    var cells = [Character](repeating: "─", count: columns)
    func mark(_ value: Double, _ character: Character) {
      cells[min(max(Int((value - low) / (high - low) * Double(columns - 1)), 0), columns - 1)] = character
    }
    mark(0, "0")
    if let limit { mark(limit, "╳") }
    for value in bounds.ritzValues { mark(value, value < 0 || limit.map { value >= $0 } == true ? "!" : "┃") }
    return "spectrum  " + String(cells) + (limit.map { "  ╳ 2/γ = " + short($0) } ?? "")
  }

  /// The residual on a logarithmic bar from 1e-12 of the first (empty) to the first (full).
  private func bar(room: Int) -> String {
    let unit = isWide(room) ? " of the first (log scale)" : " of the first"
    let columns = room - 21 - unit.count
    let first = track.steps[0].residual
    let relative = first > 0 ? step.residual / first : 0
    let share = relative > 0 ? min(max(1 + log10(relative) / 12, 0), 1) : 0
    let full = Int((share * Double(max(columns, 1))).rounded())
    return "residual  " + String(repeating: "█", count: full)
      + String(repeating: "░", count: max(columns - full, 0)) + "  " + short(relative)
      + unit
  }
}
