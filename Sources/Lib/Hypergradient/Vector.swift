import Tensor

/// The vector space in which parameters, gradients and Neumann terms live: lists of tensors of the same shapes. Sums are
/// taken in f64 whatever the element type, in an order that depends on the sizes only.
extension [Tensor] {
  /// The number of elements of all tensors.
  var elementCount: Int { reduce(0) { $0 + $1.count } }

  /// The widest element type.
  var dtype: DType { map(\.dtype).max() ?? .f32 }

  /// Unit round-off of the narrowest element type.
  var epsilon: Double { contains { $0.dtype == .f32 } ? 0x1p-24 : 0x1p-53 }

  /// The scalar product.
  func dot(_ other: [Tensor]) throws -> Double {
    var sum = 0.0
    for (a, b) in zip(self, other) {
      if a.dtype == .f64, b.dtype == .f64 {
        sum += try a.withElements(of: Double.self) { x in
          try b.withElements(of: Double.self) { Self.dot(x, $0) }
        }
      } else if a.dtype == .f32, b.dtype == .f32 {
        sum += try a.withElements(of: Float.self) { x in
          try b.withElements(of: Float.self) { Self.dot(x, $0) }
        }
      } else {
        sum += try [a.cast(to: .f64)].dot([b.cast(to: .f64)])
      }
    }
    return sum
  }

  /// The Euclidean norm, without overflow for finite elements.
  func norm() throws -> Double {
    let square = try dot(self)
    if square.isNormal || square == 0 && isZero { return square.squareRoot() }
    let largest = try map { try $0.count == 0 ? 0 : $0.cast(to: .f64).abs().max().item() }.max() ?? 0
    guard largest.isFinite, largest > 0 else { return largest.isFinite ? 0 : largest }
    return try map { try $0.cast(to: .f64) / largest }.dot(map { try $0.cast(to: .f64) / largest })
      .squareRoot() * largest
  }

  /// self + factor · other.
  func adding(_ factor: Double, _ other: [Tensor]) throws -> [Tensor] {
    try zip(self, other).map { a, b in
      if a.dtype == .f64, b.dtype == .f64, a.shape == b.shape {
        return try Self.combined(a, factor, b, Double.self)
      }
      if a.dtype == .f32, b.dtype == .f32, a.shape == b.shape {
        return try Self.combined(a, Float(factor), b, Float.self)
      }
      return try (a + b * factor).detached
    }
  }

  /// factor · self.
  func scaled(_ factor: Double) throws -> [Tensor] { try map { try ($0 * factor).detached } }

  /// Zeros of the same shapes and types.
  func zeros() throws -> [Tensor] { try map { try .zeros($0.shape, dtype: $0.dtype) } }

  /// Calls `body` with each unit vector of the space, or with those of `indices`, in turn.
  func forEachUnit(_ indices: [Int]? = nil, _ body: (_ index: Int, _ unit: [Tensor]) throws -> Void) throws {
    var elements = [Double](repeating: 0, count: elementCount)
    for index in indices ?? Array<Int>(elements.indices) {
      try checkInterrupt()
      elements[index] = 1
      try body(index, shaped(from: elements))
      elements[index] = 0
    }
  }

  /// Constants without a history.
  var detached: [Tensor] { map(\.detached) }

  /// Whether no element is NaN or infinite.
  var isFinite: Bool {
    allSatisfy { tensor in (try? tensor.isFinite().all().item() != 0) ?? false }
  }

  /// Whether every element is 0.
  var isZero: Bool { allSatisfy { tensor in (try? tensor.notEqual(.scalar(0)).any().item() == 0) ?? false } }

  /// All elements in order, as Double.
  package func flattened() throws -> [Double] { try flatMap { try $0.doubles() } }

  /// The elements of a flat list in the shapes and types of these tensors.
  func shaped(from elements: [Double]) throws -> [Tensor] {
    guard elements.count == elementCount else {
      throw HypergradientError(
        .shapeMismatch, in: "vector", "\(elements.count) elements for \(elementCount) parameters")
    }
    var start = 0
    return try map { like in
      defer { start += like.count }
      return try Tensor(Array<Double>(elements[start..<start + like.count]), shape: like.shape)
        .cast(to: like.dtype)
    }
  }

  /// Standard normal numbers in the same shapes.
  func random(_ stream: inout RandomStream) throws -> [Tensor] {
    try map { try stream.normals($0.shape, dtype: $0.dtype) }
  }

  /// Whether `other` has the same shapes in the same order.
  func matches(_ other: [Tensor]) -> Bool {
    count == other.count && zip(self, other).allSatisfy { $0.shape == $1.shape }
  }

  /// These elements in the types of the parameters `like`. Throws `shapeMismatch` in `operation` where `what` is of other shapes.
  func fitting(_ like: [Tensor], _ what: String, in operation: String) throws -> [Tensor] {
    guard matches(like) else {
      throw HypergradientError(
        .shapeMismatch, in: operation,
        "\(what) of shapes \(map(\.shape)) for parameters of \(like.map(\.shape))")
    }
    return try cast(like: like)
  }

  /// These elements in the types of `other`.
  func cast(like other: [Tensor]) throws -> [Tensor] {
    if zip(self, other).allSatisfy({ $0.dtype == $1.dtype }) { return self }
    return try zip(self, other).map { $0.dtype == $1.dtype ? $0 : try $0.detached.cast(to: $1.dtype) }
  }

  private static func combined<T: TensorScalar & BinaryFloatingPoint>(
    _ a: Tensor, _ factor: T, _ b: Tensor, _: T.Type
  ) throws -> Tensor {
    try a.withElements(of: T.self) { x in
      try b.withElements(of: T.self) { y in
        try Tensor(shape: a.shape, dtype: T.dtype) { target in
          let result = target.assumingMemoryBound(to: T.self)
          for index in 0..<x.count { result[index] = x[index] + factor * y[index] }
        }
      }
    }
  }

  private static func dot(_ x: UnsafeBufferPointer<Double>, _ y: UnsafeBufferPointer<Double>) -> Double {
    var lanes = SIMD8<Double>.zero
    let whole = x.count & ~7
    let left = UnsafeRawPointer(x.baseAddress)
    let right = UnsafeRawPointer(y.baseAddress)
    if let left, let right {
      for index in stride(from: 0, to: whole, by: 8) {
        let a = left.loadUnaligned(fromByteOffset: index * 8, as: SIMD8<Double>.self)
        let b = right.loadUnaligned(fromByteOffset: index * 8, as: SIMD8<Double>.self)
        lanes += a * b
      }
    }
    var sum = lanes.sum()
    for index in whole..<x.count { sum += x[index] * y[index] }
    return sum
  }

  private static func dot(_ x: UnsafeBufferPointer<Float>, _ y: UnsafeBufferPointer<Float>) -> Double {
    var lanes = SIMD8<Double>.zero
    let whole = x.count & ~7
    let left = UnsafeRawPointer(x.baseAddress)
    let right = UnsafeRawPointer(y.baseAddress)
    if let left, let right {
      for index in stride(from: 0, to: whole, by: 8) {
        let a = left.loadUnaligned(fromByteOffset: index * 4, as: SIMD8<Float>.self)
        let b = right.loadUnaligned(fromByteOffset: index * 4, as: SIMD8<Float>.self)
        lanes += SIMD8<Double>(a) * SIMD8<Double>(b)
      }
    }
    var sum = lanes.sum()
    for index in whole..<x.count { sum += Double(x[index]) * Double(y[index]) }
    return sum
  }
}
