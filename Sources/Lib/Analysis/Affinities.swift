import Glibc

/// Joint probabilities p_ij of pairs of samples: symmetric, zero on the diagonal, summing to one; stored by rows.
public struct Affinities: Equatable, Sendable {
  /// The number of samples.
  public let count: Int
  /// Where the entries of each sample begin; `count + 1` numbers.
  public let rows: [Int64]
  /// The other sample of each entry, increasing within a row.
  public let columns: [Int32]
  /// The probability of each entry.
  public let values: [Double]
}

/// A way to turn samples into affinities.
public protocol AffinityModel: Sendable {
  /// The joint probabilities of pairs of `samples`.
  func affinities(of samples: Matrix) throws -> Affinities
}

/// Gaussian affinities (van der Maaten & Hinton 2008): p_j|i is proportional to exp(-beta_i |x_i - x_j|^2), with beta_i such that the
/// distribution has the wanted perplexity, and p_ij = (p_j|i + p_i|j) / 2n.
public struct PerplexityAffinity: AffinityModel {
  /// The effective number of neighbours of a sample, exp of the entropy of p_.|i; more than 1.
  public var perplexity: Double
  /// Whether every pair has an affinity; otherwise only the nearest `3 * perplexity` neighbours of each sample.
  public var allPairs: Bool
  /// How the neighbours are found.
  public var search: any NeighbourSearch

  /// Makes the model.
  public init(perplexity: Double = 30, allPairs: Bool = false, search: any NeighbourSearch = ExactSearch()) {
    self.perplexity = perplexity
    self.allPairs = allPairs
    self.search = search
  }

  /// Throws `AnalysisError` for fewer than 4 samples, a perplexity they cannot have, or distances that overflow.
  public func affinities(of samples: Matrix) throws -> Affinities {
    let n = samples.rows
    guard n >= 4 else {
      throw AnalysisError("tsne", "\(n) samples are too few", help: "at least 4 are needed")
    }
    guard perplexity > 1, perplexity.isFinite else {
      throw AnalysisError(
        "tsne", "perplexity is \(perplexity)", help: "it must be more than 1, usually 5 to 50")
    }
    guard perplexity < Double(n - 1) else {
      let most = max((n - 1) / 3, 2)
      throw AnalysisError(
        "tsne", "perplexity \(perplexity) is too large for \(n) samples", help: "use at most \(most)")
    }
    let k = allPairs ? n - 1 : min(n - 1, Int((3 * perplexity).rounded(.up)))
    let neighbours = try search.neighbours(of: samples, k: k)
    guard neighbours.squaredDistances.allSatisfy(\.isFinite) else {
      throw AnalysisError(
        "tsne", "distances of samples overflow", help: "divide the samples by their scale first")
    }
    return symmetric(neighbours, conditional(neighbours))
  }

  /// The conditional probabilities p_j|i, laid out as the neighbours are.
  public func conditional(_ neighbours: Neighbours) -> [Double] {
    let (k, target) = (neighbours.k, log(perplexity))
    let distances = Buffer(neighbours.squaredDistances)
    let result = Buffer<Double>(neighbours.count * k, filledWith: 0)
    parallel(neighbours.count, grain: 64) { range in
      for i in range { calibrate(distances.start + i * k, k, target, result.start + i * k) }
    }
    return result.array
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

/// p_ij = (p_j|i + p_i|j) / 2n. Each row collects its own entries and those that name it, sorts them and adds up pairs.
private func symmetric(_ neighbours: Neighbours, _ conditional: [Double]) -> Affinities {
  let (n, k) = (neighbours.count, neighbours.k)
  var start = [Int](repeating: 0, count: n + 1)
  for i in 0..<n { start[i + 1] += k }
  for j in neighbours.indices { start[Int(j) + 1] += 1 }
  for i in 0..<n { start[i + 1] += start[i] }

  var fill = Array(start.dropLast())
  var entries = [(column: Int32, value: Double)](repeating: (0, 0), count: 2 * n * k)
  for i in 0..<n {
    for slot in i * k..<(i + 1) * k {
      let (j, p) = (Int(neighbours.indices[slot]), conditional[slot])
      entries[fill[i]] = (Int32(j), p)
      entries[fill[j]] = (Int32(i), p)
      fill[i] += 1
      fill[j] += 1
    }
  }
  var (rows, columns, values) = ([Int64](repeating: 0, count: n + 1), [Int32](), [Double]())
  columns.reserveCapacity(entries.count)
  values.reserveCapacity(entries.count)
  let scale = 1 / (2 * Double(n))
  for i in 0..<n {
    // At most two entries share a column, so their order does not matter to the sum.
    for entry in entries[start[i]..<start[i + 1]].sorted(by: { $0.column < $1.column }) {
      if columns.count > rows[i], columns.last == entry.column {
        values[values.count - 1] += entry.value * scale
      } else {
        columns.append(entry.column)
        values.append(entry.value * scale)
      }
    }
    rows[i + 1] = Int64(columns.count)
  }
  return Affinities(count: n, rows: rows, columns: columns, values: values)
}
