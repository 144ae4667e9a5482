/// The eigenvalues or singular values of a batch of matrices where some coincide, or vanish, up to rounding.
///
/// The vectors that belong to coinciding values may be turned within the space they span, and so have no derivative. A function of values w
/// and vectors V that does not depend on their choice may have one, G. Along v_i v_iᵀ the vectors of a decomposition stay what they are: so the
/// cotangent of w_i is v_iᵀ G v_i, and between two vectors of a space that is all a decomposition learns of G. Where it is one number throughout the
/// space, in a basis that nothing singles out, G is that multiple of the identity there. Elsewhere G is unknown, and asking for it an error. Hence
/// vectors that are differentiated are turned into such a basis.
struct Coincidence: Sendable {
  /// True for each pair of places with coinciding values, (…, n, n); not for a place with itself.
  let pairs: Tensor
  /// True for places with values of 0, (…, n), where it matters.
  let zeros: Tensor?
  /// Whether the matrices are not square, so that vectors of 0 may leave the span of the others.
  let isOblong: Bool
  /// The values, in order.
  let values: Tensor

  /// Nil where the values, in ascending or descending order, are all distinct, and where `orZero` none is 0.
  init?(of values: Tensor, orZero: Bool = false, isOblong: Bool = false) throws {
    let n = values.shape[values.rank - 1]
    guard values.count > 0 else { return nil }
    let numbers = try values.detached.doubles()
    var group = [Double](repeating: 0, count: numbers.count)
    var isZero = [Bool](repeating: false, count: numbers.count)
    var isFound = false
    for row in stride(from: 0, to: numbers.count, by: n) {
      let largest = Swift.max(Swift.abs(numbers[row]), Swift.abs(numbers[row + n - 1]))
      // Some times the error of the values themselves: nearer than that the difference of two is mostly rounding.
      let limit = 32 * Double(n).squareRoot() * values.dtype.epsilon * largest
      for place in row..<row + n {
        isZero[place] = orZero && numbers[place] <= limit
        let isSame = place > row && Swift.abs(numbers[place] - numbers[place - 1]) <= limit
        group[place] = place == row ? 0 : group[place - 1] + (isSame ? 0 : 1)
        isFound = isFound || isSame || isZero[place]
      }
    }
    guard isFound else { return nil }
    let groups = try Tensor(group, shape: values.shape)
    let different = try Tensor.eye(n, dtype: .bool).logicalNot()
    pairs = try groups.insertingAxis(-1).equal(groups.insertingAxis(-2)).logicalAnd(different)
    zeros = orZero ? try Tensor(isZero, shape: values.shape) : nil
    self.isOblong = isOblong
    self.values = values.detached
  }

  /// An orthogonal matrix that turns the vectors of each space: reflections at vectors without symmetry, (…, n, n).
  func turn() throws -> Tensor {
    let n = values.shape[values.rank - 1]
    let normal = try Tensor(
      (0..<n).map { 1 + (Double($0) * 0.754_877_666).truncatingRemainder(dividingBy: 1) })
    let identity = try Tensor.eye(n, dtype: .f64)
    let together = try pairs.cast(to: .f64) + identity
    let square = try together.matmul(normal.square().insertingAxis(-1))
    let outer = try normal.insertingAxis(-1) * normal * together / square
    return try (identity - outer * 2).cast(to: values.dtype)
  }

  /// True where `part` is more than the rounding of calculations with numbers as large as those of `whole`; the last two axes are a matrix.
  static func counts(_ part: Tensor, of whole: Tensor) throws -> Tensor {
    guard whole.count > 0 else { return try part.detached.abs().greater(0) }
    let largest = try whole.detached.abs().max([-2, -1], keep: true)
    return try part.detached.abs().greater(
      largest * (64 * part.dtype.epsilon * Double(part.shape[part.rank - 1])))
  }

  /// What the rounding of a calculation with `whole`, the vectors (rows) and the values is measured by, also that of their changes.
  func measure(_ whole: Tensor, _ vectors: Tensor, _ values: Tensor) throws -> Tensor {
    let size = try whole.detached.abs().max([-2, -1], keep: true)
    let largest = try self.values.abs().max([-1], keep: true)
    let relative = try values / largest.equal(0).choose(1, largest)
    return try .concatenated(
      [whole, vectors * size, relative.insertingAxis(-2) * size], axis: whole.rank - 2)
  }

  /// The columns of vectors that a change of the matrix turns in a way that is not determined: those of coinciding values between which
  /// `part`, the change in the basis of the vectors, is no multiple of the identity, (…, n).
  func turned(by part: Tensor, of change: Tensor) throws -> Tensor {
    let diagonal = try part.detached.diagonal()
    let spread = try diagonal.insertingAxis(-1) - diagonal.insertingAxis(-2)
    let isMoved = try Coincidence.counts(part, of: change).logicalOr(Coincidence.counts(spread, of: change))
      .logicalAnd(pairs)
    return try isMoved.any([-2]).logicalOr(isMoved.any([-1]))
  }
}

extension DType {
  /// The distance from 1 to the next number.
  fileprivate var epsilon: Double { self == .f64 ? .ulpOfOne : Double(Float.ulpOfOne) }
}
