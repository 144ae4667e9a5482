import Tensor

/// t-distributed stochastic neighbour embedding (van der Maaten & Hinton 2008) in 1, 2 or 3 dimensions.
///
/// The parts are values that can be replaced one by one: how affinities are made, where the points begin, how repulsion is
/// computed, how the optimiser steps. The same samples, settings and seed give the same bits on any number of threads.
public struct TSNE: Sendable {
  /// The number of coordinates of an embedded point: 1, 2 or 3.
  public var dimensions = 2
  /// How samples become affinities.
  public var affinity: any AffinityModel
  /// Where points begin.
  public var initialisation: any InitialisationModel = PCAInitialisation()
  /// How repulsion is computed.
  public var repulsion: any RepulsionModel = AutomaticRepulsion()
  /// How the points move.
  public var optimiser = GainDescent()
  /// Chooses the random numbers of the initialisation.
  public var seed: UInt64 = 0
  /// The divergence is computed, recorded and reported after every so many iterations.
  public var reportEvery = 50

  /// Makes an embedding with the usual parts; each can be replaced afterwards.
  public init(perplexity: Double = 30, seed: UInt64 = 0) {
    affinity = PerplexityAffinity(perplexity: perplexity, search: AutomaticSearch(seed: seed))
    self.seed = seed
  }

  /// A state of the embedding on the way.
  public struct Snapshot: Sendable {
    /// Iterations done.
    public let iteration: Int
    /// The Kullback-Leibler divergence (natural logarithm, without exaggeration).
    public let divergence: Double
    /// One row for each sample.
    public let points: Matrix
  }

  /// Why the iterations ended.
  public enum Ending: String, Sendable {
    /// All iterations were done.
    case finished
    /// The gradient became smaller than the smallest norm asked for.
    case smallGradient
    /// The divergence has hardly fallen for as many iterations as patience lasts.
    case noProgress
    /// The observer asked for it.
    case stopped
    /// The user interrupted it; the points are those of the last whole iteration.
    case interrupted
  }

  /// A finished embedding.
  public struct Embedding: Sendable {
    /// One row for each sample.
    public let points: Matrix
    /// The Kullback-Leibler divergence at the end (natural logarithm); approximate when repulsion is.
    public let divergence: Double
    /// Iterations done.
    public let iterations: Int
    /// Why they ended.
    public let ending: Ending
    /// The divergences reported on the way.
    public let history: [(iteration: Int, divergence: Double)]

    /// An embedding that was finished earlier.
    public init(
      points: Matrix, divergence: Double, iterations: Int, ending: Ending,
      history: [(iteration: Int, divergence: Double)]
    ) {
      (self.points, self.divergence, self.iterations) = (points, divergence, iterations)
      (self.ending, self.history) = (ending, history)
    }
  }

  /// Embeds `samples`, one row each.
  ///
  /// - Parameter observer: called after every `reportEvery` iterations; returning `false` ends the embedding there.
  /// - Throws: `AnalysisError` for fewer than 4 samples, an impossible perplexity or setting, or divergence;
  ///   `Interrupted` before the first iteration; and what `observer` throws.
  public func embed(_ samples: Matrix, observer: (Snapshot) throws -> Bool = { _ in true }) throws
    -> Embedding
  {
    guard 1...3 ~= dimensions else {
      throw AnalysisError("tsne", "\(dimensions) dimensions asked for", help: "1, 2 and 3 are possible")
    }
    guard reportEvery >= 1 else {
      throw AnalysisError("tsne", "reportEvery is \(reportEvery)", help: "it must be at least 1")
    }
    try optimiser.check()
    let affinities = try affinity.affinities(of: samples)
    let start = try initialisation.initial(samples, dimensions: dimensions, seed: seed)
    return try descend(affinities, from: start, observer: observer)
  }

  private func descend(_ affinities: Affinities, from start: Matrix, observer: (Snapshot) throws -> Bool)
    throws
    -> Embedding
  {
    let (n, size) = (affinities.count, affinities.count * dimensions)
    let objective = try Objective(affinities, dimensions: dimensions, repulsion: repulsion)
    let points = Buffer<Double>(size, filledWith: 0)
    for row in 0..<n {
      for c in 0..<dimensions { points.start[c * n + row] = start.values[row * dimensions + c] }
    }
    let gradient = Buffer<Double>(size, filledWith: 0)
    var state = GainDescent.State(optimiser, count: n, dimensions: dimensions)
    var history: [(iteration: Int, divergence: Double)] = []
    var best = (iteration: optimiser.exaggeratedIterations, divergence: Double.infinity)

    func matrix() -> Matrix {
      var values = [Double](repeating: 0, count: size)
      for row in 0..<n {
        for c in 0..<dimensions { values[row * dimensions + c] = points.start[c * n + row] }
      }
      return Matrix(unchecked: values, rows: n, columns: dimensions)
    }
    func divergence() -> Double { objective.divergence(at: points.start) }

    var (iteration, ending) = (0, Ending.finished)
    let isInterrupted = try endsByInterrupt(iteration > 0) {
      while iteration < optimiser.iterations {
        try checkInterrupt()
        if iteration == optimiser.exaggeratedIterations {
          // The objective changes here: steps and gains learned for the other one mislead.
          state = GainDescent.State(optimiser, count: n, dimensions: dimensions)
        }
        let exaggerated = iteration < optimiser.exaggeratedIterations
        objective.gradient(
          at: points.start, exaggeration: exaggerated ? optimiser.exaggeration : 1, into: gradient.start)
        let norm = state.step(points.start, gradient.start, exaggerated: exaggerated)
        iteration += 1
        guard norm.isFinite else {
          throw AnalysisError(
            "tsne", "the embedding diverged at iteration \(iteration)", help: "choose a smaller learning rate"
          )
        }
        guard iteration % reportEvery == 0 else { continue }
        let cost = divergence()
        history.append((iteration, cost))
        guard try observer(Snapshot(iteration: iteration, divergence: cost, points: matrix())) else {
          ending = .stopped
          break
        }
        guard !exaggerated else { continue }
        if cost < best.divergence * (1 - optimiser.smallestProgress) { best = (iteration, cost) }
        if norm <= optimiser.smallestGradient {
          ending = .smallGradient
          break
        }
        if iteration - best.iteration > optimiser.patience {
          ending = .noProgress
          break
        }
      }
    }
    if isInterrupted { ending = .interrupted }
    return Embedding(
      points: matrix(),
      divergence: history.last.map { $0.iteration == iteration ? $0.divergence : divergence() }
        ?? divergence(),
      iterations: iteration, ending: ending, history: history)
  }
}
