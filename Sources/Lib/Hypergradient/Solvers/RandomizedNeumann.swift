import Tensor

/// One random term of a Neumann series, (K+1) γ (I - γ H)^p b with p uniform on 0…K: unbiased for the sum of the K+1 terms from half
/// the products on average, at a higher variance (Ghadimi and Wang 2018). With fresh batches unbiased for the full one's.
public struct RandomizedNeumann: LinearSolver {
  /// K + 1.
  public var terms: Int
  /// The step γ.
  public var gamma: StepSize
  /// The seed of p.
  public var seed: UInt64

  /// One of `terms` terms.
  public init(terms: Int = 20, gamma: StepSize = .auto, seed: UInt64 = 0) {
    self.terms = terms
    self.gamma = gamma
    self.seed = seed
  }

  /// "randomizedNeumann"
  public var name: String { "randomizedNeumann" }
  /// The call that makes this method.
  public var description: String { "randomizedNeumann(terms: \(terms), gamma: \(gamma), seed: \(seed))" }
  /// A series may take each factor from another batch.
  public var acceptsNoise: Bool { true }
  /// Half the terms on average.
  public func predictedProducts(parameters n: Int) -> Double {
    Double((terms - 1) / 2) + gamma.probes(n)
  }

  /// Draws p and takes p products.
  public func solve(_ map: LinearMap, _ b: [Tensor], start: [Tensor]?) throws -> LinearSolution {
    guard terms > 0, start == nil else {
      throw HypergradientError(
        .invalidArgument, in: name, terms > 0 ? "a warm start makes the estimate biased" : "\(terms) terms")
    }
    let (step, spectrum) = try Neumann(gamma: gamma).chooseStep(map, like: b)
    var stream = RandomStream(seed: seed, stream: 0x726e64)
    let power = stream.int(below: terms)
    var v = b
    for taken in 0..<power {
      v = try v.adding(-step, map(v))
      // Nothing comes of nothing, however many products are left.
      if taken % 64 == 63 {
        try checkInterrupt()
        if try v.norm() == 0 { break }
      }
    }
    var solution = LinearSolution(
      q: try v.scaled(step * Double(terms)), residuals: [],
      status: v.isFinite ? .truncated(error: .nan) : .nonFinite)
    // Of a symmetric matrix a power of I - γ A is no longer than what it is applied to, unless the powers grow without end; of another a high one.
    let (first, last) = (try b.norm(), try v.norm())
    let grows = last > first * (1 + 1e3 * b.epsilon)
    if power > 0, grows, try map.isSymmetric(like: b) || power >= 5 && map.mean == nil {
      solution.status = .divergent(rho: (last / first).power(1 / Double(power)))
    }
    solution.gamma = step
    solution.spectrum = spectrum
    if let spectrum, spectrum.isIndefinite { solution.status = .negativeCurvature(spectrum.ritzMin) }
    solution.notes.append(
      "one term (power \(power) of 0…\(terms - 1)) stands for all: unbiased over seeds, single values scatter widely"
    )
    return solution
  }
}
