/// Gradient descent with momentum and a gain for each coordinate (Jacobs 1988), in two phases: attraction is first exaggerated, so that
/// clusters form while they can still pass each other.
public struct GainDescent: Equatable, Sendable {
  /// Iterations in all.
  public var iterations = 1000
  /// How many of them are exaggerated.
  public var exaggeratedIterations = 250
  /// The factor of attraction in those.
  public var exaggeration = 4.0
  /// The step for a gain of one, along the true gradient of the divergence; `nil` chooses max(50, n / 4e), where e is the
  /// exaggeration in force. (Programs that leave
  /// the factor 4 out of the gradient state it four times larger.)
  public var learningRate: Double?
  /// The share of the last step that is kept while exaggerating.
  public var initialMomentum = 0.8
  /// The share of the last step that is kept afterwards.
  public var finalMomentum = 0.85
  /// Ends when the divergence has not fallen by the share `smallestProgress` within so many iterations after exaggeration.
  public var patience = 300
  /// The share of the divergence that counts as progress.
  public var smallestProgress = 1e-4
  /// Ends when the norm of the gradient is at most this.
  public var smallestGradient = 1e-7

  /// Makes the usual optimiser.
  public init() {}

  func check() throws(AnalysisError) {
    guard iterations >= 1, exaggeratedIterations >= 0, patience >= 0 else {
      throw AnalysisError(
        "tsne", "iterations and patience must not be negative, and at least one iteration is needed")
    }
    guard exaggeration >= 1, exaggeration.isFinite else {
      throw AnalysisError("tsne", "exaggeration is \(exaggeration)", help: "it must be at least 1")
    }
    if let rate = learningRate, !(rate > 0 && rate.isFinite) {
      throw AnalysisError("tsne", "the learning rate is \(rate)", help: "it must be more than 0")
    }
    for momentum in [initialMomentum, finalMomentum] where !(momentum >= 0 && momentum < 1) {
      throw AnalysisError("tsne", "momentum is \(momentum)", help: "it must be at least 0 and less than 1")
    }
  }

  /// What is remembered from step to step.
  struct State: ~Copyable {
    private let settings: GainDescent
    private let count: Int
    private let dimensions: Int
    private let update: Buffer<Double>
    private let gains: Buffer<Double>

    init(_ settings: GainDescent, count: Int, dimensions: Int) {
      self.settings = settings
      self.count = count
      self.dimensions = dimensions
      update = Buffer(count * dimensions, filledWith: 0)
      gains = Buffer(count * dimensions, filledWith: 1)
    }

    /// Moves the points, keeps their mean at zero, and returns the norm of the gradient; not a number, or infinite, when
    /// the points have left all bounds.
    mutating func step(
      _ points: UnsafeMutablePointer<Double>, _ gradient: UnsafePointer<Double>, exaggerated: Bool
    ) -> Double {
      let exaggeration = exaggerated ? settings.exaggeration : 1
      let rate = settings.learningRate ?? max(50, Double(count) / (4 * exaggeration))
      let momentum = exaggerated ? settings.initialMomentum : settings.finalMomentum
      var squares = 0.0
      let (change, gain, stretch) = (update.start, gains.start, 4096)
      // Sums are made by stretches of fixed length, so they do not depend on the number of threads.
      let sums = Buffer<(squares: Double, points: Double)>(
        (count + stretch - 1) / stretch, filledWith: (0, 0))
      let sum = sums.start
      for axis in 0..<dimensions {
        let first = axis * count
        parallel(count, grain: stretch) { range in
          var (square, total) = (0.0, 0.0)
          for index in first + range.lowerBound..<first + range.upperBound {
            let g = gradient[index]
            square += g * g
            // A gain grows while steps keep their direction and shrinks when they turn back.
            let factor = max(0.01, change[index] * g < 0 ? gain[index] + 0.2 : gain[index] * 0.8)
            let move = momentum * change[index] - rate * factor * g
            gain[index] = factor
            change[index] = move
            points[index] += move
            total += points[index]
          }
          sum[range.lowerBound / stretch] = (square, total)
        }
        var mean = 0.0
        for part in 0..<sums.count {
          squares += sum[part].squares
          mean += sum[part].points
        }
        mean /= Double(count)
        squares += 0 * mean
        parallel(count, grain: stretch) { range in
          for index in first + range.lowerBound..<first + range.upperBound { points[index] -= mean }
        }
      }
      return squares.squareRoot()
    }
  }
}
