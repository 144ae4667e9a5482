import Tensor

/// The mean of something over samples, and how many there were.
public struct Measured: Equatable, Sendable {
  /// The mean; not a number when there were no samples.
  public let value: Double
  /// The samples.
  public let count: Int
}

/// The share of rows of `scores` (samples, classes) whose largest entry is at the label's place; the first of equal entries counts. A negative
/// label says unknown, and the sample does not count.
///
/// - Throws: `TensorError` when shapes do not fit, a label is beyond the classes or a score is not a number.
public func accuracy(_ scores: Tensor, labels: Tensor) throws -> Measured {
  guard scores.rank == 2, labels.rank == 1, labels.shape[0] == scores.shape[0] else {
    throw TensorError(
      .shapeMismatch, in: "accuracy", "scores of shape \(scores.shape) for labels of shape \(labels.shape)",
      shapes: [scores.shape, labels.shape], help: "scores are (samples, classes), labels (samples)")
  }
  guard scores.count > 0 else { return Measured(value: .nan, count: 0) }
  guard try scores.isNaN().any().item() == 0 else {
    throw TensorError(.invalidArgument, in: "accuracy", "some scores are not numbers")
  }
  let labels = try labels.ints()
  if let beyond = labels.first(where: { $0 >= scores.shape[1] }) {
    throw TensorError(
      .indexOutOfRange, in: "accuracy", "label \(beyond) for scores of \(scores.shape[1]) classes")
  }
  let known = zip(try scores.argMax(axis: 1).ints(), labels).filter { $0.1 >= 0 }
  let right = known.count { $0 == $1 }
  return Measured(value: known.isEmpty ? .nan : Double(right) / Double(known.count), count: known.count)
}

/// The mean squared difference of two tensors of the same shape.
///
/// - Throws: `TensorError` when the shapes differ.
public func meanSquaredError(_ predictions: Tensor, _ targets: Tensor) throws -> Measured {
  guard predictions.shape == targets.shape else {
    throw TensorError(
      .shapeMismatch, in: "mse",
      "predictions of shape \(predictions.shape) for targets of shape \(targets.shape)",
      shapes: [predictions.shape, targets.shape])
  }
  let squares = try (predictions.cast(to: .f64) - targets.cast(to: .f64)).square()
  return Measured(value: squares.count > 0 ? try squares.mean().item() : .nan, count: squares.count)
}

/// How well one binary label, such as an action unit, is detected.
public struct Detection: Equatable, Sendable {
  /// Detected and there, detected and not there, there and not detected.
  public let truePositives, falsePositives, falseNegatives: Int
  /// All samples that were labelled.
  public let count: Int

  /// 2 TP / (2 TP + FP + FN); nil, for undefined, when the label is neither there nor detected anywhere.
  public var f1: Double? {
    let positives = 2 * truePositives + falsePositives + falseNegatives
    return positives > 0 ? 2 * Double(truePositives) / Double(positives) : nil
  }
}

/// Detection of each column of `labels` (samples, units) where the score is at least `threshold`. A label of 1 says there, 0 not there;
/// anything else, such as -1, says unknown, and the sample does not count for that unit.
///
/// - Throws: `TensorError` when shapes do not fit or a score is not a number.
public func detections(_ scores: Tensor, labels: Tensor, threshold: Double = 0.5) throws -> [Detection] {
  guard scores.rank == 2, scores.shape == labels.shape else {
    throw TensorError(
      .shapeMismatch, in: "f1", "scores of shape \(scores.shape) for labels of shape \(labels.shape)",
      shapes: [scores.shape, labels.shape], help: "both are (samples, units)")
  }
  guard try scores.isNaN().any().item() == 0 else {
    throw TensorError(.invalidArgument, in: "f1", "some scores are not numbers")
  }
  let (given, truth, units) = (try scores.doubles(), try labels.doubles(), scores.shape[1])
  return (0..<units).map { unit in
    var (both, wrong, missed, count) = (0, 0, 0, 0)
    for index in stride(from: unit, to: given.count, by: units) where truth[index] == 0 || truth[index] == 1 {
      let (found, there) = (given[index] >= threshold, truth[index] == 1)
      count += 1
      if found && there { both += 1 } else if found { wrong += 1 } else if there { missed += 1 }
    }
    return Detection(truePositives: both, falsePositives: wrong, falseNegatives: missed, count: count)
  }
}
