import CKernels

extension Tensor {
  /// A tensor of the given elements in row-major order; without a shape, a vector. Throws `shapeMismatch` when the
  /// shape's count is not the array's.
  public convenience init<T: TensorScalar>(_ elements: [T], shape: Shape? = nil) throws {
    let shape = try shape ?? Shape([elements.count])
    guard shape.elementCount == elements.count else {
      throw TensorError(
        .shapeMismatch, in: "tensor", "\(elements.count) elements do not fill shape \(shape)", shapes: [shape]
      )
    }
    try self.init(shape: shape, dtype: T.dtype) { target in
      elements.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { target.copyMemory(from: base, byteCount: bytes.count) }
      }
    }
  }

  /// A tensor whose elements `fill` writes: it is given room for `shape.elementCount` elements in row-major order, uninitialised.
  public convenience init(
    shape: Shape, dtype: DType, filling fill: (UnsafeMutableRawPointer) throws -> Void
  ) throws {
    let storage = try Storage.room(for: shape.elementCount, dtype, in: "tensor")
    try fill(storage.pointer)
    self.init(storage: storage, layout: Layout(contiguous: shape), dtype: dtype)
  }

  /// A tensor with every element `value`. Throws where the type cannot hold the value.
  public static func full(_ shape: Shape, _ value: Double, dtype: DType = .f32) throws -> Tensor {
    if dtype == .i32, Int32(exactly: value) == nil {
      throw TensorError(.invalidArgument, in: "full", "\(value) is not an i32")
    }
    let result = try uninitialized(shape, dtype: dtype, in: "full")
    faa_fill(dtype.kernel, value, result.storage.pointer, shape.elementCount)
    return result
  }

  /// Zeros.
  public static func zeros(_ shape: Shape, dtype: DType = .f32) throws -> Tensor {
    try full(shape, 0, dtype: dtype)
  }

  /// Ones.
  public static func ones(_ shape: Shape, dtype: DType = .f32) throws -> Tensor {
    try full(shape, 1, dtype: dtype)
  }

  /// A tensor of rank 0.
  public static func scalar(_ value: Double, dtype: DType = .f32) throws -> Tensor {
    try full([], value, dtype: dtype)
  }

  /// The numbers from `start` up to but not including `end`, `step` apart. Throws for a step of 0 or non-finite bounds.
  public static func arange(_ start: Double = 0, _ end: Double, step: Double = 1, dtype: DType = .i32) throws
    -> Tensor
  {
    guard step != 0, start.isFinite, end.isFinite, step.isFinite else {
      throw TensorError(.invalidArgument, in: "arange", "cannot step from \(start) to \(end) by \(step)")
    }
    let steps = Swift.max(0, ((end - start) / step).rounded(.up))
    guard steps < 1e12 else {
      throw TensorError(.outOfMemory, in: "arange", "\(steps) elements from \(start) to \(end) by \(step)")
    }
    return try generated([Int(steps)], dtype: dtype, in: "arange") { start + Double($0) * step }
  }

  /// `count` numbers from `start` to `end`, both included, evenly spaced.
  public static func linspace(_ start: Double, _ end: Double, count: Int, dtype: DType = .f32) throws
    -> Tensor
  {
    let shape = try Shape([count], in: "linspace")
    let gap = count > 1 ? (end - start) / Double(count - 1) : 0
    return try generated(shape, dtype: dtype, in: "linspace") { index in
      count > 1 && index == count - 1 ? end : start + Double(index) * gap
    }
  }

  /// The identity matrix of `size` rows.
  public static func eye(_ size: Int, dtype: DType = .f32) throws -> Tensor {
    let result = try zeros(try Shape([size, size], in: "eye"), dtype: dtype)
    for row in 0..<size {
      faa_fill(dtype.kernel, 1, result.storage.pointer + row * (size + 1) * dtype.size, 1)
    }
    return result
  }

  private static func generated(
    _ shape: Shape, dtype: DType, in operation: String, _ value: (Int) -> Double
  ) throws -> Tensor {
    let result = try uninitialized(shape, dtype: .f64, in: operation)
    let elements = result.pointer.assumingMemoryBound(to: Double.self)
    for index in 0..<shape.elementCount { elements[index] = value(index) }
    return try result.cast(to: dtype, in: operation)
  }

  // MARK: Reading

  /// The value of the only element. Throws `shapeMismatch` where there is more or less than one.
  public func item() throws -> Double {
    guard count == 1 else {
      throw TensorError(
        .shapeMismatch, in: "item", "a tensor of shape \(shape) is not one number", shapes: [shape],
        help: "reduce it first, for example with sum or mean")
    }
    switch dtype {
    case .bool: return pointer.load(as: UInt8.self) != 0 ? 1 : 0
    case .i32: return Double(pointer.load(as: Int32.self))
    case .f32: return Double(pointer.load(as: Float.self))
    case .f64: return pointer.load(as: Double.self)
    }
  }

  /// The elements in row-major order, as the Swift type of this dtype. `body` must not keep the buffer.
  /// Throws `dtypeMismatch` when `T` is not the dtype's type.
  public func withElements<T: TensorScalar, R>(
    of type: T.Type, _ body: (UnsafeBufferPointer<T>) throws -> R
  ) throws -> R {
    guard T.dtype == dtype else {
      throw TensorError(.dtypeMismatch, in: "elements", "elements of \(dtype) read as \(T.dtype)")
    }
    let source = try contiguous(in: "elements")
    return try withExtendedLifetime(source) {
      let base = UnsafePointer(source.pointer.assumingMemoryBound(to: T.self))
      return try body(UnsafeBufferPointer(start: base, count: count))
    }
  }

  /// The elements in row-major order, converted to Double.
  public func doubles() throws -> [Double] {
    try cast(to: .f64, in: "elements").withElements(of: Double.self) { Array($0) }
  }

  /// The elements in row-major order, converted to Float.
  public func floats() throws -> [Float] {
    try cast(to: .f32, in: "elements").withElements(of: Float.self) { Array($0) }
  }

  /// The elements in row-major order, as integers (floats truncate). Throws `arithmetic` where one does not fit.
  public func ints() throws -> [Int] {
    try cast(to: .i32, in: "elements").withElements(of: Int32.self) { $0.map(Int.init) }
  }

  /// The elements in row-major order, tested for non-zero.
  public func bools() throws -> [Bool] {
    try cast(to: .bool, in: "elements").withElements(of: Bool.self) { Array($0) }
  }
}
