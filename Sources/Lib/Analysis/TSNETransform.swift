import CAnalysis
import Tensor

/// Places new samples into an existing embedding, which stays as it is (Poličar, Stražar & Zupan 2019).
///
/// Each new point minimises a divergence of its own, KL(p_i || q_i): p_i is the Gaussian distribution of its sample over the nearest samples of the
/// embedding, q_i that of the point over all embedded points. New points do not see each other, so the place of one does not depend on the rest.
public struct TSNETransform: Sendable {
  /// How a new sample becomes a distribution over those embedded; a small perplexity keeps it near its own.
  public var affinity: PerplexityAffinity
  /// The factor of attraction; more than 1 keeps points from the gaps between groups.
  public var exaggeration = 1.5
  /// Steps at most.
  public var iterations = 250
  /// The step along the gradient of the point's divergence.
  public var learningRate = 0.1
  /// The share of the last step that is kept.
  public var momentum = 0.8
  /// The longest step.
  public var longestStep = 0.25
  /// A point that moves no farther than this, and has no slope that would move it farther, stays where it is from then on.
  public var smallestStep = 1e-5

  /// Makes a transform.
  public init(perplexity: Double = 5, seed: UInt64 = 0) {
    affinity = PerplexityAffinity(perplexity: perplexity, search: AutomaticSearch(seed: seed))
  }

  /// The places of `queries` in the `embedding` of `references`: one row for each.
  ///
  /// - Throws: `AnalysisError` when embedding and references differ in number, or queries and references in features; `Interrupted`.
  public func place(_ queries: Matrix, into embedding: Matrix, of references: Matrix) throws -> Matrix {
    guard embedding.rows == references.rows, 1...3 ~= embedding.columns else {
      throw AnalysisError(
        "transform",
        "the embedding is \(embedding.rows) by \(embedding.columns) for \(references.rows) samples",
        help: "give the samples that were embedded")
    }
    guard exaggeration >= 1, exaggeration.isFinite, learningRate > 0, learningRate.isFinite, longestStep > 0,
      momentum >= 0, momentum < 1
    else {
      throw AnalysisError(
        "transform", "a setting is out of its range",
        help: "exaggeration is at least 1, rate and step more than 0, momentum in 0 ..< 1")
    }
    guard queries.rows > 0 else { return Matrix(unchecked: [], rows: 0, columns: embedding.columns) }
    let (neighbours, p) = try affinity.conditional(queries, among: references)
    let start = medians(neighbours, p, embedding)
    return try descend(start, neighbours, p, embedding)
  }

  /// For each query and axis the weighted median of its neighbours: among them even when they are in two groups.
  private func medians(_ neighbours: Neighbours, _ p: [Double], _ embedding: Matrix) -> [Double] {
    let (m, k, d) = (neighbours.count, neighbours.k, embedding.columns)
    var result = [Double](repeating: 0, count: m * d)
    for row in 0..<m {
      for axis in 0..<d {
        let places = (row * k..<(row + 1) * k).map {
          (at: embedding.values[Int(neighbours.indices[$0]) * d + axis], weight: p[$0])
        }.sorted { $0.at < $1.at }
        var below = 0.0
        result[axis * m + row] =
          places.first { place in
            below += place.weight
            return below >= 0.5
          }?.at ?? places[k - 1].at
      }
    }
    return result
  }

  private func descend(_ start: [Double], _ neighbours: Neighbours, _ p: [Double], _ embedding: Matrix) throws
    -> Matrix
  {
    let (m, k, d, n) = (neighbours.count, neighbours.k, embedding.columns, embedding.rows)
    let fixed = (0..<d).flatMap { axis in (0..<n).map { embedding.values[$0 * d + axis] } }
    let field = referenceField(fixed, dimensions: d)
    let references = Buffer(embedding.values)
    let points = Buffer(start)
    let rows = Buffer((0...m).map { Int64($0 * k) })
    let columns = Buffer(neighbours.indices)
    let values = Buffer(p)
    let attraction = Buffer<Double>(m * d, filledWith: 0)
    let repulsion = Buffer<Double>(m * d, filledWith: 0)
    let masses = Buffer<Double>(m, filledWith: 0)
    let moves = Buffer<Double>(m * d, filledWith: 0)
    let lengths = Buffer<Double>(m, filledWith: .infinity)
    let (x, pull, push, mass, move, length) = (
      points.start, attraction.start, repulsion.start, masses.start, moves.start, lengths.start
    )
    for _ in 0..<iterations {
      try checkInterrupt()
      parallel(m, grain: 256) { range in
        faa_tsne_attraction(
          Int32(d), references.start, Int64(m), x, rows.start, columns.start, values.start,
          Int64(range.lowerBound), Int64(range.upperBound), pull)
      }
      field.act(on: x, count: m, forces: push, masses: mass)
      parallel(m, grain: 1024) { range in
        for row in range where length[row] > smallestStep {
          var (squared, slopes) = (0.0, 0.0)
          for index in stride(from: row, to: m * d, by: m) {
            let slope = 2 * (exaggeration * pull[index] - push[index] / mass[row])
            move[index] = momentum * move[index] - learningRate * slope
            squared += move[index] * move[index]
            slopes += slope * slope
          }
          let share = squared > longestStep * longestStep ? longestStep / squared.squareRoot() : 1
          for index in stride(from: row, to: m * d, by: m) {
            move[index] *= share
            x[index] += move[index]
          }
          // Where it turns back a point has no speed, but a slope.
          length[row] = max(squared.squareRoot(), learningRate * slopes.squareRoot())
        }
      }
      var longest = 0.0
      for row in 0..<m { longest = max(longest, length[row]) }
      if longest <= smallestStep { break }
    }
    let result = (0..<m).flatMap { row in (0..<d).map { x[$0 * m + row] } }
    return try Matrix(rows: m, columns: d, values: result)
  }
}
