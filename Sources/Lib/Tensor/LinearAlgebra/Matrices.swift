import CKernels

/// What the factorisations share: checks of their arguments, and errors that name the matrix.
extension Tensor {
  /// The largest extent of a factorised matrix: LAPACK counts its workspace, twice the square, in 32 bits.
  private static var largestExtent: Int { 30_000 }

  /// This tensor as a batch of floating matrices. Throws `shapeMismatch` without two last axes.
  func matrices(in operation: String) throws -> Tensor {
    guard rank >= 2 else {
      throw TensorError(
        .shapeMismatch, in: operation, "shape \(shape) is not a matrix", shapes: [shape],
        help: "the last two axes are the rows and columns; axes before them are a batch")
    }
    guard shape[rank - 2] <= Tensor.largestExtent, shape[rank - 1] <= Tensor.largestExtent else {
      throw TensorError(
        .outOfMemory, in: operation, "a matrix of shape \(shape)", shapes: [shape],
        help: "at most \(Tensor.largestExtent) rows and columns")
    }
    return dtype.isFloating ? self : try cast(to: .f32)
  }

  /// This tensor as a batch of square matrices.
  func squareMatrices(in operation: String) throws -> Tensor {
    let x = try matrices(in: operation)
    guard shape[rank - 2] == shape[rank - 1] else {
      throw TensorError(
        .shapeMismatch, in: operation, "a matrix of shape \(shape) is not square", shapes: [shape])
    }
    return x
  }

  /// Throws `shapeMismatch`, with the shapes as they were given, where right-hand sides (matrices, or a vector) do not have the `rows` that
  /// these matrices ask for, or leading axes that do not broadcast with theirs.
  func checkRightHandSides(_ other: Tensor, rows: Int, in operation: String) throws {
    guard other.rank > 0, other.shape[Swift.max(other.rank - 2, 0)] == rows else {
      throw TensorError(
        .shapeMismatch, in: operation,
        "a matrix of shape \(shape) and right-hand sides of shape \(other.shape)",
        shapes: [shape, other.shape], help: "the right-hand sides need \(rows) rows")
    }
    guard other.rank < 2 || batchShape.broadcast(with: other.batchShape) != nil else {
      throw TensorError(
        .shapeMismatch, in: operation, "leading axes do not fit, \(shape) and \(other.shape)",
        shapes: [shape, other.shape])
    }
  }

  /// Throws `invalidArgument` where an element is NaN or infinite: the iterations would not end in a result.
  func checkFinite(in operation: String) throws {
    guard try isFinite().all().item() == 1 else {
      throw TensorError(
        .invalidArgument, in: operation, "a matrix of shape \(shape) contains NaN or Inf", shapes: [shape])
    }
  }

  /// The leading axes of a batch of matrices.
  var batchShape: Shape { Shape(prefix: rank - 2, of: shape) }

  /// A fresh row-major copy, which a kernel may overwrite.
  func copied(in operation: String) throws -> Tensor {
    let result = try Tensor.uninitialized(shape, dtype: dtype, in: operation)
    withUnsafePointers(layout) { dims, strides in
      withUnsafePointers(result.layout) { _, target in
        faa_copy(dtype.kernel, Int32(rank), dims, strides, pointer, target, result.pointer)
      }
    }
    return result
  }

  /// (x + xᵀ) / 2
  func symmetrized() throws -> Tensor { try (self + transposed()) * 0.5 }

  /// 1 / x, and 0 at 0 with all derivatives.
  func reciprocalOrZero() throws -> Tensor { try equal(0).choose(.infinity, self).reciprocal() }

  /// The rows `start ..< start + count` of each matrix.
  func rows(_ start: Int, _ count: Int) throws -> Tensor {
    try narrowed(axis: rank - 2, start: start, count: count)
  }
}

/// LAPACK's verdict on each matrix of a batch.
struct Verdict: Sendable {
  let info: [Int32]
  let shape: Shape

  /// Runs a kernel that reports on each of the matrices of `x`, so that the user can stop waiting for a long one: it has to hold the
  /// tensors it reads and writes. Throws `outOfMemory`.
  init(
    on x: Tensor, in operation: String,
    _ kernel: @escaping @Sendable (UnsafeMutablePointer<Int32>) -> Int32
  ) throws {
    let report = Report(count: x.batchShape.elementCount)
    if Double(x.count) * Double(min(x.shape[x.rank - 2], x.shape[x.rank - 1])) > Verdict.shortWork {
      try runAbandonable { report.status = kernel(report.info) }
    } else {
      report.status = kernel(report.info)
    }
    guard report.status == 0 else {
      throw TensorError(
        .outOfMemory, in: operation, "no workspace for matrices of shape \(x.shape)", shapes: [x.shape])
    }
    info = Array(UnsafeBufferPointer(start: report.info, count: report.count))
    shape = x.shape
  }

  /// Multiplications that no user waits for: some milliseconds.
  private static let shortWork = 1e7

  /// Where a kernel reports. Its thread writes it, and whoever waited for that thread reads it.
  private final class Report: @unchecked Sendable {
    let info: UnsafeMutablePointer<Int32>
    let count: Int
    var status: Int32 = 0

    init(count: Int) {
      self.count = count
      info = .allocate(capacity: max(1, count))
      info.initialize(repeating: 0, count: max(1, count))
    }

    deinit { info.deallocate() }
  }

  /// Whether no matrix failed.
  var isGood: Bool { info.allSatisfy { $0 == 0 } }

  /// Throws `arithmetic` naming the first matrix that failed, in the words `what` finds for LAPACK's number.
  func check(_ operation: String, help: String? = nil, _ what: (Int) -> String) throws {
    guard let first = info.firstIndex(where: { $0 != 0 }) else { return }
    let name = info.count == 1 ? "the matrix" : "matrix \(first) of the batch"
    throw TensorError(
      .arithmetic, in: operation, "\(name) of shape \(shape) \(what(Int(info[first])))", shapes: [shape],
      help: help)
  }
}
