extension Loss {
  /// -ln p(class) under the softmax of the logits, with p over the axis `axis` of `logits`, and `classes` (integers) of the other axes.
  ///
  /// With class weights w and label smoothing ε over C classes a row's loss is -(1-ε) w_y ln p_y - (ε/C) Σ_c w_c ln p_c, and the mean
  /// is by Σ w_y, as in PyTorch. Rows whose class is `ignoring` do not count. A logit of -inf excludes its class. Weights may be
  /// differentiated, which goes through the composition. Throws `indexOutOfRange` naming a class that does not exist.
  public static func crossEntropy(
    _ logits: Tensor, classes: Tensor, weights: Tensor? = nil, smoothing: Double = 0, ignoring: Int? = nil,
    axis: Int = -1, reduction: LossReduction = .mean
  ) throws -> Tensor {
    let name = "crossEntropy"
    guard smoothing >= 0, smoothing <= 1 else {
      throw TensorError(.invalidArgument, in: name, "smoothing \(smoothing) is not between 0 and 1")
    }
    let rows = try rows(of: logits, classes, axis, in: name)
    let n = rows.shape[1]
    let checked = try checkedClasses(classes, below: n, ignoring: ignoring, in: name)
    let classWeights = try weights.map { try self.classWeights($0, n, rows.dtype, in: name) }
    let targets = HardTargets(classes: checked, weights: classWeights, smoothing: smoothing, count: n)
    let losses =
      if let classWeights, recordedTrace(classWeights) != 0 {
        try composed(rows, targets.factors(rows.dtype))
      } else {
        try CrossEntropy.value([rows], targets.contiguous())
      }
    guard reduction != .none else { return try losses.reshaped(classes.shape) }
    return try reduce(
      losses, weights: rowWeights(checked, classWeights, rows.dtype), reduction, in: name)
  }

  /// -Σ_c w_c t_c ln p_c under the softmax of the logits along the last axis, for `probabilities` t of the same shape, which may be
  /// differentiated too; smoothing ε mixes them with ε/C. The mean is over rows.
  public static func crossEntropy(
    _ logits: Tensor, probabilities: Tensor, weights: Tensor? = nil, smoothing: Double = 0,
    reduction: LossReduction = .mean
  ) throws -> Tensor {
    let name = "crossEntropy"
    guard logits.shape == probabilities.shape, logits.rank > 0 else {
      throw TensorError(
        .shapeMismatch, in: name,
        "logits of shape \(logits.shape), probabilities of shape \(probabilities.shape)",
        shapes: [logits.shape, probabilities.shape])
    }
    let x = try floating(logits)
    let n = x.shape[x.rank - 1]
    let given = try floating(probabilities)
    let t = smoothing == 0 ? given : try given * (1 - smoothing) + smoothing / Double(Swift.max(n, 1))
    let target = try weights.map { try t * classWeights($0, n, x.dtype, in: name) } ?? t
    return try reduce(composed(x, target), reduction, in: name)
  }

  /// -Σ_c f_c ln p_c for each row, p the softmax of the logits along the last axis and f the factors.
  private static func composed(_ logits: Tensor, _ factors: Tensor) throws -> Tensor {
    try -(factors * limited(logits.logSoftmax(), where: factors)).sum([-1])
  }

  /// -w_y ln p_y for given logarithms of probabilities along the last axis; `classes`, weights, `ignoring` and reductions as in
  /// `crossEntropy`.
  public static func negativeLogLikelihood(
    _ logProbabilities: Tensor, classes: Tensor, weights: Tensor? = nil, ignoring: Int? = nil,
    reduction: LossReduction = .mean
  ) throws -> Tensor {
    let name = "negativeLogLikelihood"
    let rows = try rows(of: logProbabilities, classes, -1, in: name)
    let n = rows.shape[1]
    let checked = try checkedClasses(classes, below: n, ignoring: ignoring, in: name)
    let classWeights = try weights.map { try self.classWeights($0, n, rows.dtype, in: name) }
    let factors = try rowWeights(checked, classWeights, rows.dtype)
    let picked = try picked(rows, checked)
    let losses = try -(factors.equal(0).choose(0, picked) * factors)
    guard reduction != .none else { return try losses.reshaped(classes.shape) }
    return try reduce(losses, weights: factors, reduction, in: name)
  }

  /// The focal loss of Lin et al. 2017 for class indices: -w_y (1 - p_y)^γ ln p_y. The mean is over the rows that count, whatever their
  /// weights.
  public static func focal(
    _ logits: Tensor, classes: Tensor, gamma: Double = 2, weights: Tensor? = nil, ignoring: Int? = nil,
    reduction: LossReduction = .mean
  ) throws -> Tensor {
    let name = "focal"
    let rows = try rows(of: logits, classes, -1, in: name)
    let n = rows.shape[1]
    let checked = try checkedClasses(classes, below: n, ignoring: ignoring, in: name)
    let classWeights = try weights.map { try self.classWeights($0, n, rows.dtype, in: name) }
    let factors = try rowWeights(checked, classWeights, rows.dtype)
    let logarithm = try factors.equal(0).choose(0, picked(rows.logSoftmax(), checked))
    let losses = try -logarithm * modulation(-logarithm.expm1(), gamma) * factors
    guard reduction != .none else { return try losses.reshaped(classes.shape) }
    return try reduce(losses, weights: rowWeights(checked, nil, rows.dtype), reduction, in: name)
  }

  /// x^γ for x in [0, 1], with a derivative of 0 at 0.
  static func modulation(_ x: Tensor, _ gamma: Double) throws -> Tensor {
    switch gamma {
    case 0: return try .ones(x.shape, dtype: x.dtype)
    case 1: return x
    case 2: return try x.square()
    default:
      let isZero = try x.detached.equal(0)
      return try isZero.choose(0, isZero.choose(1, x).power(gamma))
    }
  }

  /// x where it is finite or its factor is not 0, elsewhere 0: the limit of x times a factor that is 0.
  static func limited(_ x: Tensor, where factor: Tensor) throws -> Tensor {
    try x.detached.isInf().logicalAnd(factor.detached.equal(0)).choose(0, x)
  }

  /// Logits as [rows, classes].
  private static func rows(of logits: Tensor, _ classes: Tensor, _ axis: Int, in name: String) throws
    -> Tensor
  {
    let axis = try logits.shape.axis(axis, in: name)
    let x = try floating(logits).movingAxis(axis, to: -1)
    guard Shape(prefix: x.rank - 1, of: x.shape) == classes.shape else {
      throw TensorError(
        .shapeMismatch, in: name, "logits of shape \(logits.shape) and classes of shape \(classes.shape)",
        shapes: [logits.shape, classes.shape],
        help: "one class for each row: the logits' shape without axis \(axis)")
    }
    return try x.reshaped([classes.count, x.shape[x.rank - 1]])
  }

  /// As contiguous i32 in 0..<count, -1 for those to ignore.
  private static func checkedClasses(_ classes: Tensor, below count: Int, ignoring: Int?, in name: String)
    throws
    -> Tensor
  {
    guard !classes.dtype.isFloating else {
      throw TensorError(
        .dtypeMismatch, in: name, "classes of \(classes.dtype)",
        help: "class indices are integers; `crossEntropy` takes probabilities too")
    }
    return try Tensor(
      classes.ints().enumerated().map { position, index -> Int32 in
        if index == ignoring { return -1 }
        guard index >= 0, index < count else {
          throw TensorError(
            .indexOutOfRange, in: name, "class \(index) at position \(position), of \(count) classes",
            shapes: [classes.shape], help: "mark rows that do not count with the index `ignoring`")
        }
        return Int32(index)
      })
  }

  private static func classWeights(_ weights: Tensor, _ count: Int, _ dtype: DType, in name: String) throws
    -> Tensor
  {
    guard weights.shape == [count] else {
      throw TensorError(
        .shapeMismatch, in: name, "class weights of shape \(weights.shape) for \(count) classes",
        shapes: [weights.shape])
    }
    return try weights.cast(to: dtype)
  }

  /// The weight of each row's class, 0 for rows that do not count.
  private static func rowWeights(_ classes: Tensor, _ weights: Tensor?, _ dtype: DType) throws -> Tensor {
    let counted = try classes.greaterOrEqual(classes.weak(0))
    guard let weights, weights.count > 0 else { return try counted.cast(to: dtype) }
    return try counted.choose(weights.take(classes.maximum(classes.weak(0))), weights.weak(0))
  }

  /// The element of each row that its class names; of an ignored row the first.
  private static func picked(_ rows: Tensor, _ classes: Tensor) throws -> Tensor {
    guard rows.shape[1] > 0 else { return try .zeros([rows.shape[0]], dtype: rows.dtype) }
    return try rows.takeAlong(classes.maximum(classes.weak(0)).insertingAxis(-1), axis: 1).squeezed([1])
  }
}
