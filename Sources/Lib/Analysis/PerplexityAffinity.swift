import Glibc

/// Gaussian affinities (van der Maaten & Hinton 2008): p_j|i is proportional to exp(-beta_i |x_i - x_j|^2), with beta_i such that the
/// distribution has the wanted perplexity, and p_ij = (p_j|i + p_i|j) / 2n. With several perplexities p_j|i is the mean of the distributions
/// of each (Kobak & Berens 2019): small ones keep neighbours together, large ones the arrangement of groups.
public struct PerplexityAffinity: AffinityModel {
  /// The effective numbers of neighbours of a sample, exp of the entropy of p_.|i; each more than 1.
  public var perplexities: [Double]
  /// Whether every pair has an affinity; otherwise only the nearest `3 * perplexity` neighbours of each sample.
  public var allPairs: Bool
  /// How the neighbours are found.
  public var search: any NeighbourSearch

  /// Makes the model of one perplexity.
  public init(
    perplexity: Double = 30, allPairs: Bool = false, search: any NeighbourSearch = AutomaticSearch()
  ) {
    self.init(perplexities: [perplexity], allPairs: allPairs, search: search)
  }

  /// Makes the model of several scales.
  public init(perplexities: [Double], allPairs: Bool = false, search: any NeighbourSearch = AutomaticSearch())
  {
    self.perplexities = perplexities
    self.allPairs = allPairs
    self.search = search
  }

  /// Throws `AnalysisError` for fewer than 4 samples, a perplexity they cannot have, or distances that overflow.
  public func affinities(of samples: Matrix) throws -> Affinities {
    let n = samples.rows
    guard n >= 4 else {
      throw AnalysisError("tsne", "\(n) samples are too few", help: "at least 4 are needed")
    }
    let largest = try check(references: n, others: true)
    let k = allPairs ? n - 1 : min(n - 1, Int((3 * largest).rounded(.up)))
    let neighbours = try search.neighbours(of: samples, k: k)
    try checkDistances(neighbours)
    return Affinities(neighbours, conditional: conditional(neighbours))
  }

  /// The distribution of each query over its nearest references.
  func conditional(_ queries: Matrix, among references: Matrix) throws -> (Neighbours, [Double]) {
    let largest = try check(references: references.rows, others: false)
    let k = min(references.rows, Int((3 * largest).rounded(.up)))
    let neighbours = try search.neighbours(of: queries, among: references, k: k)
    try checkDistances(neighbours)
    return (neighbours, conditional(neighbours))
  }

  /// The largest perplexity, once all are possible.
  private func check(references n: Int, others: Bool) throws(AnalysisError) -> Double {
    guard let largest = perplexities.max() else {
      throw AnalysisError("tsne", "no perplexity is given", help: "one of 5 to 50 is usual")
    }
    for perplexity in perplexities {
      guard perplexity > 1, perplexity.isFinite else {
        throw AnalysisError(
          "tsne", "perplexity is \(perplexity)", help: "it must be more than 1, usually 5 to 50")
      }
      guard perplexity < Double(others ? n - 1 : n) else {
        let most = max((n - 1) / 3, 2)
        throw AnalysisError(
          "tsne", "perplexity \(perplexity) is too large for \(n) samples", help: "use at most \(most)")
      }
    }
    return largest
  }

  private func checkDistances(_ neighbours: Neighbours) throws(AnalysisError) {
    guard neighbours.squaredDistances.allSatisfy(\.isFinite) else {
      throw AnalysisError(
        "tsne", "distances of samples overflow", help: "divide the samples by their scale first")
    }
  }

  /// The conditional probabilities p_j|i, laid out as the neighbours are.
  public func conditional(_ neighbours: Neighbours) -> [Double] {
    let (k, targets) = (neighbours.k, perplexities.map { log($0) })
    let share = 1 / Double(targets.count)
    var result = [Double](repeating: 0, count: neighbours.count * k)
    result.withUnsafeMutableBufferPointer { result in
      neighbours.squaredDistances.withUnsafeBufferPointer { source in
        guard let distances = source.baseAddress, let out = result.baseAddress else { return }
        parallel(neighbours.count, grain: 64) { range in
          let p = Buffer<Double>(k, filledWith: 0)
          for i in range {
            for target in targets {
              calibrate(distances + i * k, k, target, p.start)
              for j in 0..<k { out[i * k + j] += share * p.start[j] }
            }
          }
        }
      }
    }
    return result
  }
}

/// Fills `p` with the Gaussian probabilities of one sample whose entropy is `target`. The entropy falls steadily with beta:
/// Newton steps on log(beta), replaced by bisection whenever they leave the bracket. Where the nearest distances tie so that no
/// beta reaches the target, the closest distribution is taken.
private func calibrate(
  _ distances: UnsafePointer<Double>, _ k: Int, _ target: Double, _ p: UnsafeMutablePointer<Double>
) {
  let nearest = distances[0]  // shifting all distances leaves p unchanged and keeps exp from underflowing
  var mean = 0.0
  for j in 0..<k { mean += (distances[j] - nearest) / Double(k) }
  guard mean > 0 else {
    for j in 0..<k { p[j] = 1 / Double(k) }
    return
  }
  var (logBeta, low, high) = (-log(mean), -Double.infinity, Double.infinity)
  for _ in 0..<100 {
    let beta = exp(logBeta)
    var (total, first, second) = (0.0, 0.0, 0.0)
    for j in 0..<k {
      let e = beta * (distances[j] - nearest)
      let w = exp(-e)
      p[j] = w
      total += w
      if w > 0 {
        first += w * e
        second += w * e * e
      }
    }
    let average = first / total
    let difference = log(total) + average - target
    for j in 0..<k { p[j] /= total }
    guard abs(difference) > 1e-9 else { break }
    if difference > 0 { low = logBeta } else { high = logBeta }
    let slope = -(second / total - average * average)
    var next = slope < 0 ? logBeta - difference / slope : .nan
    if !(next > low && next < high) || abs(next - logBeta) > 3 {
      next = low.isFinite && high.isFinite ? (low + high) / 2 : logBeta + (difference > 0 ? 1 : -1) * 3
    }
    guard next != logBeta, abs(next) < 700 else { break }
    logBeta = next
  }
}
