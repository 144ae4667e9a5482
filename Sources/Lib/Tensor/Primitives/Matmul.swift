import CKernels

enum Matmul {
  /// Which operands of a product have their last two axes exchanged first. That costs nothing, and a derivative comes out in the order of
  /// what it belongs to.
  struct Turned: Sendable {
    var left = false, right = false
  }

  /// The product of the last two axes; the operands have one rank (at least 2) and equal leading axes.
  static let product: BilinearPrimitive<Turned> = .init(
    "matmul", evaluate: { a, b, turned in try evaluate(a, b, turned) },
    left: { cotangent, b, turned in
      let (first, second, way) = ofLeft(cotangent, b, turned)
      return try product(first, second, way)
    },
    right: { a, cotangent, turned in
      let (first, second, way) = ofRight(a, cotangent, turned)
      return try product(first, second, way)
    },
    additions: (
      product: { try add($1, $2, $3, to: &$0) },
      left: { sum, cotangent, b, turned in
        let (first, second, way) = ofLeft(cotangent, b, turned)
        return try add(first, second, way, to: &sum)
      },
      right: { sum, a, cotangent, turned in
        let (first, second, way) = ofRight(a, cotangent, turned)
        return try add(first, second, way, to: &sum)
      }
    ),
    step: { constant, traced, result, turned in
      guard result.rank == 2 else { return .rule }
      if constant.count == 1 {
        let scale = LinearStep.Factor.scale(try constant.item())
        return .elementwise(traced == 0 ? [scale, .zero] : [.zero, scale])
      }
      guard result[traced] == 1 else { return .product(constant, turned, input: traced) }
      // The matrix that stands before the vector.
      let stands = traced == 0 ? turned.right : !turned.left
      return .matrix(stands ? constant : try constant.transposed(), input: traced)
    },
    samples: {
      [
        .init([([2, 3], .real), ([3, 4], .real)]) { try $0[0].matmul($0[1]) },
        .init([([2, 2, 3], .real), ([3, 2], .real)]) { try $0[0].matmul($0[1]) },
        .init([([2, 2, 3], .real), ([2, 3, 2], .real)]) { try $0[0].matmul($0[1]) },
        .init([([3], .real), ([3, 2], .real)]) { try $0[0].matmul($0[1]) },
        .init([([3], .real), ([3], .real)]) { try $0[0].matmul($0[1]) },
      ]
    })

  static let all: [Primitive] = [product]

  /// The factors of the product that is the cotangent of the left operand: C Bᵀ, or (B Cᵀ where A was turned) its transpose.
  @inline(__always)
  private static func ofLeft(_ c: Tensor, _ b: Tensor, _ turned: Turned) -> (Tensor, Tensor, Turned) {
    turned.left
      ? (b, c, Turned(left: turned.right, right: true)) : (c, b, Turned(left: false, right: !turned.right))
  }

  /// The same of the right operand: Aᵀ C, or Cᵀ A.
  @inline(__always)
  private static func ofRight(_ a: Tensor, _ c: Tensor, _ turned: Turned) -> (Tensor, Tensor, Turned) {
    turned.right
      ? (c, a, Turned(left: true, right: turned.left)) : (a, c, Turned(left: !turned.left, right: false))
  }

  /// The shape of a product.
  private static func shape(_ a: Tensor, _ b: Tensor, _ turned: Turned) -> Shape {
    let rank = a.rank
    var shape = a.shape
    if turned.left { shape.dims[rank - 2] = a.layout.shape.dims[rank - 1] }
    shape.dims[rank - 1] = b.layout.shape.dims[turned.right ? rank - 2 : rank - 1]
    return shape
  }

  private static func evaluate(_ a: Tensor, _ b: Tensor, _ turned: Turned) throws -> Tensor {
    let linear = faa_thread().pointee.linear
    if linear != 0, linear & (recordedTrace(a) | recordedTrace(b)) != 0 {
      return try .zeros(shape(a, b, turned), dtype: a.dtype)
    }
    // As large as the left operand, for most layers: that shape's numbers are known already.
    let rank = a.rank
    let result =
      !turned.left && a.isContiguous
        && a.layout.shape.dims[rank - 1] == b.layout.shape.dims[turned.right ? rank - 2 : rank - 1]
      ? try Tensor.uninitialized(like: a, dtype: a.dtype, in: "matmul")
      : try Tensor.uninitialized(shape(a, b, turned), dtype: a.dtype, in: "matmul")
    try multiply(a, b, turned, into: result, adds: false)
    return result
  }

  /// A product that is recorded but not computed, for when its derivatives alone are wanted: whoever reads it finds NaN.
  static func uncomputed(_ a: Tensor, _ b: Tensor, _ turned: Turned) throws -> Tensor {
    let nothing = try Tensor.scalar(.nan, dtype: a.dtype)
    // Not by `expand`, where a search for anomalies would find what nobody reads.
    var layout = Layout(contiguous: shape(a, b, turned))
    layout.offset = nothing.layout.offset
    for axis in 0..<layout.shape.rank { layout.strides[axis] = 0 }
    return product.record(
      Tensor(storage: nothing.storage, layout: layout, dtype: a.dtype), a, b, turned)
  }

  /// Adds a product of constants to a tensor where that lies, if nobody could notice; false, with nothing done, otherwise.
  static func add(_ a: Tensor, _ b: Tensor, _ turned: Turned, to sum: inout Tensor) throws -> Bool {
    guard a.dtype == sum.dtype, a.dtype.isFloating, recordedTrace(a) == 0, recordedTrace(b) == 0,
      shape(a, b, turned) == sum.shape, Tensor.mayChange(&sum)
    else { return false }
    try multiply(a, b, turned, into: sum, adds: true)
    try inspect(sum, product.name)
    return true
  }

  @inline(__always)
  private static func multiply(
    _ a: Tensor, _ b: Tensor, _ turned: Turned, into result: Tensor, adds: Bool
  ) throws {
    if a.isContiguous, b.isContiguous {
      // Nothing to copy, hence nothing to keep alive but what the caller does.
      return try multiply(
        FaaMatrix(inOrder: a, turned: turned.left), FaaMatrix(inOrder: b, turned: turned.right),
        of: a.layout.shape.dims[turned.left ? a.rank - 2 : a.rank - 1], into: result, adds: adds)
    }
    let left = try Operand(a, turned: turned.left)
    let right = try Operand(b, turned: turned.right)
    try withExtendedLifetime((left, right)) {
      try multiply(
        left.matrix, right.matrix, of: a.layout.shape.dims[turned.left ? a.rank - 2 : a.rank - 1],
        into: result, adds: adds)
    }
  }

  /// The product of matrices of so many inner columns and rows.
  private static func multiply(
    _ left: FaaMatrix, _ right: FaaMatrix, of k: Int, into result: Tensor, adds: Bool
  ) throws {
    let rank = result.rank
    let m = result.layout.shape.dims[rank - 2]
    let n = result.layout.shape.dims[rank - 1]
    // What the kernels and BLAS count with.
    guard max(m, n, k) <= Int(Int32.max) else {
      throw TensorError(
        .outOfMemory, in: "matmul", "a side of \(max(m, n, k)) elements; products take up to \(Int32.max)",
        help: "multiply in parts, or sum(x * y)")
    }
    var batch = 1
    for axis in 0..<(rank - 2) { batch *= result.layout.shape.dims[axis] }
    let work = 2 * Double(batch) * Double(m) * Double(n) * Double(k)
    if work <= pieceWork {
      return try run(result.dtype, batch, m, n, k, left, right, result.pointer, adds)
    }
    // Long products go in pieces, of matrices or else of rows, so that the user can stop them.
    let items = batch > 1 ? batch : m
    let piece = max(1, Int(pieceWork / (work / Double(items))))
    for start in stride(from: 0, to: items, by: piece) {
      if start > 0 { try checkInterrupt() }
      let count = min(piece, items - start)
      try run(
        result.dtype, batch > 1 ? count : 1, batch > 1 ? m : count, n, k,
        left.starting(at: start, ofRows: batch == 1, result.dtype),
        batch > 1 ? right.starting(at: start, ofRows: false, result.dtype) : right,
        result.pointer + start * (batch > 1 ? m * n : n) * result.dtype.size, adds)
    }
  }

  @inline(__always)
  private static func run(
    _ dtype: DType, _ batch: Int, _ m: Int, _ n: Int, _ k: Int, _ a: FaaMatrix, _ b: FaaMatrix,
    _ out: UnsafeMutableRawPointer, _ adds: Bool
  ) throws {
    let type = dtype.kernel
    let status =
      adds ? faa_matmul_add(type, batch, m, n, k, a, b, out) : faa_matmul(type, batch, m, n, k, a, b, out)
    guard status == 0 else {
      throw TensorError(
        .arithmetic, in: "matmul", "a sum does not fit an i32", help: "convert to f64 first")
    }
  }

  /// The floating-point operations of a piece: some tenths of a second.
  private static let pieceWork = 2e10
}

extension FaaMatrix {
  /// The matrices of a contiguous tensor, read with rows and columns exchanged where `turned`.
  @inline(__always) fileprivate init(inOrder x: Tensor, turned: Bool) {
    let rank = x.layout.shape.rank
    let columns = x.layout.shape.dims[rank - 1]
    self.init(
      data: x.pointer, batch_stride: x.layout.shape.dims[rank - 2] * columns, leading: max(columns, 1),
      transposed: turned)
  }

  /// The matrices from one on, or the rows from one on.
  fileprivate func starting(at index: Int, ofRows isRow: Bool, _ dtype: DType) -> FaaMatrix {
    var result = self
    result.data = data + index * (isRow ? (transposed ? 1 : leading) : batch_stride) * dtype.size
    return result
  }
}

/// How BLAS can read a tensor: in place where one of the matrix axes is contiguous and one batch stride serves, otherwise from a copy.
struct Operand {
  let tensor: Tensor
  let matrix: FaaMatrix

  /// The operand with its last two axes exchanged.
  @inline(__always) init(_ x: Tensor, turned: Bool) throws {
    let operand = try Operand(x)
    var matrix = operand.matrix
    if turned { matrix.transposed.toggle() }
    self.init(operand.tensor, matrix)
  }

  @inline(__always) init(_ x: Tensor) throws {
    if x.isContiguous {
      self.init(inOrder: x)
    } else if let matrix = Operand.inPlace(x) {
      self.init(x, matrix)
    } else {
      self.init(inOrder: try x.contiguous(in: "matmul"))
    }
  }

  private init(_ tensor: Tensor, _ matrix: FaaMatrix) {
    self.tensor = tensor
    self.matrix = matrix
  }

  @inline(__always) private init(inOrder x: Tensor) {
    self.init(x, FaaMatrix(inOrder: x, turned: false))
  }

  private static func inPlace(_ x: Tensor) -> FaaMatrix? {
    let rank = x.rank
    let (rows, columns) = (x.shape[rank - 2], x.shape[rank - 1])
    let strides = x.layout.strides
    let (rowStride, columnStride) = (strides[rank - 2], strides[rank - 1])
    var batchStride = 0
    var expected: Int?
    for axis in stride(from: rank - 3, through: 0, by: -1) where x.shape[axis] != 1 {
      if let expected {
        guard strides[axis] == expected else { return nil }
      } else {
        batchStride = strides[axis]
      }
      expected = strides[axis] * x.shape[axis]
    }
    guard batchStride >= 0 else { return nil }
    if columnStride == 1 || columns == 1, rowStride >= max(columns, 1) || rows == 1 {
      let leading = rows == 1 ? max(columns, 1) : rowStride
      return FaaMatrix(data: x.pointer, batch_stride: batchStride, leading: leading, transposed: false)
    }
    if rowStride == 1 || rows == 1, columnStride >= max(rows, 1) || columns == 1 {
      let leading = columns == 1 ? max(rows, 1) : columnStride
      return FaaMatrix(data: x.pointer, batch_stride: batchStride, leading: leading, transposed: true)
    }
    return nil
  }
}

extension Shape {
  init(prefix length: Int, of shape: Shape) {
    self.init()
    for axis in 0..<length { append(shape.dims[axis]) }
  }
}

extension Tensor {
  /// Which transpose would make a product of two matrices fit.
  private func transposeAdvice(_ other: Tensor) -> String {
    guard rank == 2, other.rank == 2 else { return "" }
    let (rows, columns) = (shape[0], shape[1])
    if rows == other.shape[0] {
      return "; with the left one transposed, `.T`, it gives \([columns, other.shape[1]] as Shape)"
    }
    if columns == other.shape[1] {
      return "; with the right one transposed, `.T`, it gives \([rows, other.shape[0]] as Shape)"
    }
    return ""
  }

  /// The matrix product of the last two axes; leading axes broadcast, vectors are rows on the left and columns on the right.
  /// Throws `shapeMismatch` naming the inner dimensions.
  public func matmul(_ other: Tensor) throws -> Tensor {
    guard rank > 0, other.rank > 0 else {
      throw TensorError(
        .shapeMismatch, in: "matmul", "a scalar has no matrix product, \(shape) @ \(other.shape)",
        shapes: [shape, other.shape], help: "use * to multiply by a number")
    }
    let inner = shape[rank - 1]
    let otherInner = other.shape[Swift.max(other.rank - 2, 0)]
    guard inner == otherInner else {
      throw TensorError(
        .shapeMismatch, in: "matmul", "inner dimensions differ, \(shape) @ \(other.shape)",
        shapes: [shape, other.shape],
        help: "the left operand's last axis (\(inner)) must equal the right operand's "
          + (other.rank > 1 ? "second-to-last" : "only") + " axis (\(otherInner))" + transposeAdvice(other))
    }
    if rank == 2, other.rank == 2, self.dtype == other.dtype, self.dtype >= .i32 {
      return try Matmul.product(self, other, Matmul.Turned())
    }
    let dtype = Swift.max(self.dtype, other.dtype, .i32)
    let a = self.dtype == dtype ? self : try cast(to: dtype)
    let b = other.dtype == dtype ? other : try other.cast(to: dtype)
    if rank == 2, other.rank == 2 { return try Matmul.product(a, b, Matmul.Turned()) }
    if rank == 1 || other.rank == 1 {
      let left = rank == 1 ? try a.insertingAxis(0) : a
      let right = other.rank == 1 ? try b.insertingAxis(1) : b
      let product = try left.matmul(right)
      var kept = Array(product.shape)
      if other.rank == 1 { kept.removeLast() }
      if rank == 1 { kept.remove(at: kept.count - (other.rank == 1 ? 1 : 2)) }
      return try product.reshaped(Shape(kept))
    }
    if other.rank == 2, rank > 2 {
      // One product of all rows, so that the gradient by the matrix is one product too.
      let flat = try a.reshaped([a.count / Swift.max(inner, 1), inner])
      guard inner > 0 else { return try .zeros(Shape(shape.dropLast() + [other.shape[1]]), dtype: dtype) }
      return try Matmul.product(flat, b, Matmul.Turned()).reshaped(Shape(shape.dropLast() + [other.shape[1]]))
    }
    let leftBatch = Shape(prefix: rank - 2, of: shape)
    let rightBatch = Shape(prefix: other.rank - 2, of: other.shape)
    guard let batch = leftBatch.broadcast(with: rightBatch) else {
      throw TensorError(
        .shapeMismatch, in: "matmul", "leading axes do not fit, \(shape) @ \(other.shape)",
        shapes: [shape, other.shape])
    }
    let left = try a.expanded(to: Shape(Array(batch) + [shape[rank - 2], inner]))
    let right = try b.expanded(to: Shape(Array(batch) + [inner, other.shape[other.rank - 1]]))
    return try Matmul.product(left, right, Matmul.Turned())
  }
}
