import CKernels

/// Two products with one matrix that are taken by reading it once: a step of a `LinearProgram`, with what it keeps between applications.
protocol FusedProduct: AnyObject {
  /// Writes the product with the vector at `x` to `target`.
  func callAsFunction(_ x: UnsafeRawPointer, _ target: UnsafeMutableRawPointer) throws
}

/// (A + Aᵀ) x. The first application packs the half of the symmetric sum; that and every later one read this half only, so that a large matrix
/// takes a quarter of the time of two products.
final class SymmetricProduct: FusedProduct {
  private let operand: Operand, count: Int, dtype: DType
  private var kept: (half: Tensor, scratch: Tensor)?
  /// The most bytes of a half.
  private static let limit = 1 << 30

  /// Nil where the half would take too much memory.
  init?(_ operand: Operand, count: Int, _ dtype: DType) {
    guard count < 1 << 20, faa_symmetric_half_count(count) * dtype.size <= Self.limit else { return nil }
    self.operand = operand
    self.count = count
    self.dtype = dtype
  }

  func callAsFunction(_ x: UnsafeRawPointer, _ target: UnsafeMutableRawPointer) throws {
    let (half, scratch) = try kept ?? packed()
    faa_symmetric_product(dtype.kernel, count, half.pointer, x, scratch.pointer, target)
  }

  private func packed() throws -> (half: Tensor, scratch: Tensor) {
    func room(_ count: Int) throws -> Tensor {
      try .uninitialized(Shape([count]), dtype: dtype, in: "linear program")
    }
    let made = (
      half: try room(faa_symmetric_half_count(count)), scratch: try room(faa_symmetric_scratch_count(count))
    )
    faa_symmetric_half(
      dtype.kernel, count, operand.matrix.data, operand.matrix.leading, made.half.pointer)
    kept = made
    return made
  }
}

/// Aᵀ D A x for a matrix stored by rows and a diagonal D of weights, or the identity for nil.
final class ThereAndBack: FusedProduct {
  private let operand: Operand, rows: Int, columns: Int
  private let weights: Tensor?, scratch: Tensor

  init(_ operand: Operand, rows: Int, columns: Int, weights: Tensor?, _ dtype: DType) throws {
    self.operand = operand
    self.rows = rows
    self.columns = columns
    self.weights = weights
    scratch = try .uninitialized(
      Shape([Int(FAA_LINEAR_PARTS) * columns]), dtype: dtype, in: "linear program")
  }

  func callAsFunction(_ x: UnsafeRawPointer, _ target: UnsafeMutableRawPointer) {
    faa_there_and_back(
      scratch.dtype.kernel, rows, columns, operand.matrix.data, operand.matrix.leading,
      weights.map { UnsafeRawPointer($0.pointer) }, x, scratch.pointer, target)
  }
}

extension Operand {
  /// Whether this is the same stored matrix read the other way.
  func isTranspose(of other: Operand) -> Bool {
    matrix.data == other.matrix.data && matrix.leading == other.matrix.leading
      && matrix.transposed != other.matrix.transposed
  }
}
