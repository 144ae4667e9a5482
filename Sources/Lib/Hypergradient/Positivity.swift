import Tensor

/// What descent λ - η dF/dλ does to hyperparameters that are positive, such as learning rates and the weights of samples: nothing in the rule
/// keeps them so, and nothing keeps weights from falling to zero together.
public struct Positivity: Sendable {
  /// Σ λ dF/dλ, the derivative of F by the logarithm of a common factor of λ. Where it is positive descent shrinks λ as a whole; it is 0 where
  /// F does not depend on that factor, as with weights that are normalised: each step then lengthens λ and so makes the next ones smaller.
  public let byScale: Double
  /// Every λ stays positive if and only if η is below this; infinite where no λ falls.
  public let largestRate: Double
  private let isScaleFree: Bool, hasScale: Bool

  /// Nil unless all elements of `lambda` are positive.
  init?(_ lambda: [Tensor], _ slope: [Tensor]) throws {
    let (values, slopes) = (try lambda.flattened(), try slope.flattened())
    guard values.allSatisfy({ $0 > 0 }) else { return nil }
    let parts = zip(values, slopes).map { $0 * $1 }
    byScale = parts.reduce(0, +)
    isScaleFree = abs(byScale) <= 1e3 * slope.epsilon * parts.reduce(0) { $0 + abs($1) }
    hasScale = values.count > 1 && slopes.contains { $0 != 0 }
    largestRate = zip(values, slopes).reduce(.infinity) { $1.1 > 0 ? min($0, $1.0 / $1.1) : $0 }
  }

  /// Lines of a report.
  var rows: [(String, String)] {
    var rows: [(String, String)] = []
    if hasScale {
      let meaning =
        isScaleFree
        ? "0: F does not feel a common factor of λ, and steps only lengthen λ"
        : "\(brief(byScale)): descent \(byScale > 0 ? "shrinks" : "raises") λ as a whole"
      rows.append(("  by scale", meaning))
    }
    if largestRate.isFinite {
      rows.append(("  λ > 0", "in λ - η dF/dλ for η < \(brief(largestRate)); in log λ for every η"))
    }
    return rows
  }
}

extension Hypergradient {
  /// How λ fares as something positive; nil where it is not.
  public var positivity: Positivity? { try? Positivity(point.lambda.tensors, unqualifiedValue) }
}
