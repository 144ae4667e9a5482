import Tensor

extension DType {
  /// Whether an element can be this number and nothing else.
  fileprivate func holds(_ number: Double) -> Bool {
    switch self {
    case .bool: number == 0 || number == 1
    case .i32: Int32(exactly: number) != nil
    case .f32, .f64: true
    }
  }
}

extension Tensor {
  /// `tensor[indices] = value`. Elements that nobody else holds are changed where they are; where a derivative follows, a new tensor is
  /// made that is differentiable in both.
  static func update(_ tensor: inout Tensor, _ indices: [Index], to value: Value) throws {
    let source = try replacement(value, for: tensor)
    let isView = indices.allSatisfy { if case .tensor = $0 { false } else { true } }
    if isView {
      let isWritten = try Tensor.write(source, into: &tensor) { whole in
        let part = try Value.slice(whole, indices)
        try check(source, fits: part.shape)
        return part
      }
      if isWritten { return }
    }
    // One number where a mask of the whole tensor is true, the common case of the next.
    if indices.count == 1, case .tensor(let mask) = indices[0], mask.dtype == .bool,
      mask.shape == tensor.shape,
      source.count == 1, source.rank <= 1, source.dtype == tensor.dtype
    {
      tensor = try mask.choose(source.reshaped([]), tensor)
      return
    }
    tensor = try updated(tensor, indices, with: source)
  }

  /// The value as a tensor that can stand in `tensor`. Plain numbers take its dtype, if they lose nothing by it.
  private static func replacement(_ value: Value, for tensor: Tensor) throws -> Tensor {
    guard let replacement = try value.asTensor(precision: tensor.dtype == .f64 ? .f64 : .f32) else {
      throw CommandError("TypeMismatch", "\(value.article) cannot be stored in a tensor")
    }
    if case .tensor = value {
      return replacement.dtype < tensor.dtype ? try replacement.cast(to: tensor.dtype) : replacement
    }
    guard replacement.dtype != tensor.dtype else { return replacement }
    if !tensor.dtype.isFloating,
      let lost = try replacement.doubles().first(where: { !tensor.dtype.holds($0) })
    {
      throw CommandError(
        "TypeMismatch",
        "a tensor of \(tensor.dtype) cannot hold \(Int(exactly: lost).map(String.init) ?? "\(lost)")",
        help: "`cast(x, \(replacement.dtype))` makes one that can")
    }
    return try replacement.cast(to: tensor.dtype)
  }

  private static func check(_ source: Tensor, fits shape: Shape) throws {
    guard let spread = source.shape.broadcast(with: shape), spread == shape || shape.elementCount == 0 else {
      throw CommandError(
        "ShapeMismatch",
        "a value of shape \(source.shape) does not fit the \(shape) elements it is to replace")
    }
  }

  /// A tensor like `tensor` with the elements at `indices` replaced; differentiable in both.
  private static func updated(_ tensor: Tensor, _ indices: [Index], with source: Tensor) throws -> Tensor {
    guard tensor.count <= Int(Int32.max) else {
      throw CommandError("TooLarge", "the tensor is too large to be changed in part")
    }
    let positions = try Value.slice(
      Tensor.arange(0, Double(tensor.count)).reshaped(tensor.shape), indices)
    if positions.count == 0 { return tensor }
    try check(source, fits: positions.shape)
    // Every element takes either its old value or an element of the replacement.
    var origin = [Int32](repeating: 0, count: tensor.count)
    var isReplaced = [Bool](repeating: false, count: tensor.count)
    for (order, position) in try positions.ints().enumerated() {
      origin[position] = Int32(clamping: order)
      isReplaced[position] = true
    }
    let elements = try source.expanded(to: positions.shape).reshaped([-1]).take(Tensor(origin))
    return try Tensor(isReplaced).choose(elements, tensor.reshaped([-1])).reshaped(tensor.shape)
  }
}
