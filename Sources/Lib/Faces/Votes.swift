import Glibc
import Tensor

/// What a panel of raters says about a face: noisy choices from how well each prototype explains the visible
/// action units.
struct Votes {
  /// Votes per expression, then votes for "unknown".
  private(set) var counts = [Int32](repeating: 0, count: Expression.allCases.count + 1)
  /// The expression with most votes; ties go to the better explanation.
  private(set) var majority: Int
  /// The share of the votes that the majority got.
  private(set) var consistency: Float

  /// The number of raters, as in FER+.
  static let raters = 10
  private static let lapse = 0.05
  private static let confidence = 0.35

  init(_ amplitudes: [Float], random: inout RandomStream) {
    let classes = Expression.allCases.count
    let evidence = Self.evidence(amplitudes)
    for _ in 0..<Self.raters {
      let sharpness = 0.5 + random.uniform()
      let scores = evidence.map { sharpness * $0 + 0.2 * random.normal() }
      let top = scores.max() ?? 0
      let weights = scores.map { exp($0 - top) }
      let total = weights.reduce(0, +)
      let lapsed = random.uniform() < Self.lapse
      let guess = random.int(below: classes)
      var remaining = random.uniform() * total
      var choice = classes - 1
      for (index, weight) in weights.enumerated() {
        remaining -= weight
        if remaining < 0 {
          choice = index
          break
        }
      }
      if lapsed { choice = guess } else if 1 / total < Self.confidence { choice = classes }
      counts[choice] += 1
    }
    var best = 0
    for index in 1..<classes
    where counts[index] > counts[best] || (counts[index] == counts[best] && evidence[index] > evidence[best])
    {
      best = index
    }
    majority = best
    consistency = Float(counts[best]) / Float(Self.raters)
  }

  /// The log-likelihood of what is visible under each expression; a faint unit counts as partly present.
  static func evidence(_ amplitudes: [Float]) -> [Double] {
    Prototype.all.prefix(Expression.allCases.count).map { prototype in
      zip(amplitudes, prototype.probabilities).reduce(0) { sum, pair in
        let visible = Double(smoothStep(0.05, 0.35, pair.0))
        let p = Double(min(pair.1, 0.97))
        return sum + visible * log(p) + (1 - visible) * log(1 - p)
      }
    }
  }
}
