import Hypergradient
import Runtime
import Tensor

/// A hypergradient as a formula: what was solved, and the number that came out beside its status.
struct HypergradientMarkup {
  private let result: Hypergradient

  init(_ result: Hypergradient) { self.result = result }

  /// Components of a vector that are written out.
  private static let limit = 6

  /// One displayed formula, without its dollars.
  var latex: String {
    let derivative = #"\frac{\mathrm{d}F}{\mathrm{d}\lambda}"#
    let way =
      result.q.isEmpty
      ? #"\nabla_\lambda f + \left(\frac{\mathrm{d}\theta_T}{\mathrm{d}\lambda}\right)^{\!\top} \nabla_\theta f"#
      : #"\nabla_\lambda f - C^\top q, \qquad H q = \nabla_\theta f"#
    var lines = ["\(derivative) &= \(way)"]
    lines.append("&\(value)")
    return #"\begin{aligned}"# + lines.joined(separator: #" \\ "#) + #"\end{aligned}"#
  }

  /// The formula, and the report below it.
  var markdown: String { "$$\(latex)$$\n\n```text\n\(result.description)\n```" }

  private var value: String {
    let status = #"\text{("# + "\(result.status)".latexText + ")}"
    guard let numbers = try? result.value.flattened() else {
      return #"\phantom{=}\ \text{withheld}\quad "# + status
    }
    let parts = [result.direct, result.indirect].map { (try? $0.flattened()) ?? [] }
    // The parts help where they can be seen to add up.
    let sum =
      numbers.count == 1 && parts.allSatisfy { $0.count == 1 }
      ? "= \(parts[0][0].latex) \(parts[1][0] < 0 ? "-" : "+") \(abs(parts[1][0]).latex) " : ""
    return "\(sum)= \(Self.vector(numbers)) \\quad \(status)"
  }

  private static func vector(_ numbers: [Double]) -> String {
    guard numbers.count != 1 else { return numbers[0].latex }
    let shown =
      numbers.count <= limit
      ? numbers.map(\.latex)
      : numbers.prefix(limit - 2).map(\.latex) + [#"\cdots"#] + numbers.suffix(1).map(\.latex)
    return #"\begin{pmatrix}"# + shown.joined(separator: " & ") + #"\end{pmatrix}^{\!\top}"#
  }
}

extension Double {
  /// Five digits, with a power of ten where the exponent is large.
  fileprivate var latex: String {
    guard isFinite else { return isNaN ? #"\mathrm{NaN}"# : self < 0 ? #"-\infty"# : #"\infty"# }
    let parts = brief(self, 5).split(separator: "e")
    guard parts.count == 2, let exponent = Int(parts[1]) else { return String(parts[0]) }
    return #"\#(parts[0]) \cdot 10^{\#(exponent)}"#
  }
}

extension String {
  /// The text as it shows literally inside `\text{…}`.
  fileprivate var latexText: String {
    var result = ""
    for character in self {
      switch character {
      case "\\": result += #"\backslash "#
      case "{", "}", "$", "%", "#", "&", "_": result += "\\\(character)"
      case "^": result += #"\hat{}"#
      case "~": result += #"\tilde{}"#
      default: result.append(character)
      }
    }
    return result
  }
}
