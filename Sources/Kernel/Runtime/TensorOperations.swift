import Syntax
import Tensor

// The one file of the interpreter that calls tensor operations.

extension Operators {
  /// Operators with a tensor on at least one side; nil when neither is one or the other side is not numeric. Numbers are weak:
  /// they take the tensor's dtype.
  static func tensors(_ operation: BinaryOperator, _ x: Value, _ y: Value) throws -> Value? {
    switch (x, y) {
    case (.tensor(let p), .tensor(let q)): return .tensor(try apply(operation, p, q))
    case (.tensor(let p), _):
      guard let q = y.weakNumber else { return nil }
      switch operation {
      case .add: return .tensor(try p + q)
      case .subtract: return .tensor(try p - q)
      case .multiply: return .tensor(try p * q)
      case .divide: return .tensor(try p / q)
      case .power: return .tensor(try p.power(q))
      default: return .tensor(try apply(operation, p, weak(q, beside: p)))
      }
    case (_, .tensor(let q)):
      guard let p = x.weakNumber else { return nil }
      switch operation {
      case .add: return .tensor(try p + q)
      case .subtract: return .tensor(try p - q)
      case .multiply: return .tensor(try p * q)
      case .divide: return .tensor(try p / q)
      default: return .tensor(try apply(operation, weak(p, beside: q), q))
      }
    default: return nil
    }
  }

  private static func weak(_ number: Double, beside tensor: Tensor) throws -> Tensor {
    if tensor.dtype.isFloating { return try .scalar(number, dtype: tensor.dtype) }
    return try .scalar(number, dtype: Int32(exactly: number) != nil ? .i32 : .f32)
  }

  private static func apply(_ operation: BinaryOperator, _ p: Tensor, _ q: Tensor) throws -> Tensor {
    switch operation {
    case .add: try p + q
    case .subtract: try p - q
    case .multiply: try p * q
    case .divide: try p / q
    case .floorDivide: try p.floorDivided(by: q)
    case .modulo: try p.remainder(by: q)
    case .power: try p.power(q)
    case .matmul: try p.matmul(q)
    case .equal: try p.equal(q)
    case .notEqual: try p.notEqual(q)
    case .less: try p.less(q)
    case .lessEqual: try p.lessOrEqual(q)
    case .greater: try p.greater(q)
    case .greaterEqual: try p.greaterOrEqual(q)
    }
  }

  static func negated(_ tensor: Tensor) throws -> Tensor { try -tensor }

  static func inverted(_ mask: Tensor) throws -> Tensor { try mask.logicalNot() }

  /// `&&` and `||` of masks; nil when neither side is one.
  static func masks(_ left: Value, _ right: Value, isOr: Bool) throws -> Value? {
    func mask(_ value: Value) throws -> Tensor? {
      switch value {
      case .tensor(let tensor): tensor
      case .bool(let truth): try Tensor([truth], shape: [])
      default: nil
      }
    }
    guard case (let p?, let q?) = (try mask(left), try mask(right)), p.rank > 0 || q.rank > 0 else {
      return nil
    }
    return .tensor(isOr ? try p.logicalOr(q) : try p.logicalAnd(q))
  }
}

extension TensorError {
  var languageCode: String { kind.rawValue }
  var languageMessage: String { "\(operation): \(message)" }
}

extension Value {
  /// An integer or float of the language beside a tensor.
  fileprivate var weakNumber: Double? {
    switch self {
    case .int(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  /// The value as a tensor: itself, a number as a scalar, or an array of a nested list of numbers. Lists with a float become
  /// f32, lists of integers i32 (f64 when they do not fit), lists of truth values bool; a list of tensors is stacked. nil when it
  /// is not numeric at all; ragged lists throw.
  ///
  /// - Parameter precision: the type of numbers with a point. `.f64` where the result is to be f64, so that 0.1 does not pass
  ///   through f32 on its way.
  public func asTensor(precision: DType = .f32) throws -> Tensor? {
    switch self {
    case .tensor(let tensor): return tensor
    case .float(let value): return try .scalar(value, dtype: precision)
    case .int(let value):
      guard let small = Int32(exactly: value) else { return try Tensor([Double(value)], shape: []) }
      return try Tensor([small], shape: [])
    case .bool(let value): return try Tensor([value], shape: [])
    case .range: return try elementsInOrder().flatMap { try Value.array(of: $0, precision) }
    case .list(let box): return try Value.array(of: box.elements, precision)
    default: return nil
    }
  }

  private static func array(of elements: [Value], _ precision: DType) throws -> Tensor? {
    if elements.contains(where: { if case .tensor = $0 { true } else { false } }) {
      var parts: [Tensor] = []
      for element in elements {
        guard let part = try element.asTensor(precision: precision) else { return nil }
        parts.append(part)
      }
      return try Tensor.stacked(parts)
    }
    var reader = ArrayReader()
    guard try reader.read(elements, axis: 0) else { return nil }
    let shape = try Shape(reader.extents)
    switch reader.kind {
    case .float:
      return precision == .f64
        ? try Tensor(reader.numbers, shape: shape)
        : try Tensor(reader.numbers.map { Float($0) }, shape: shape)
    case .bool: return try Tensor(reader.numbers.map { $0 != 0 }, shape: shape)
    case .int:
      if reader.numbers.isEmpty { return try Tensor([Float](), shape: shape) }
      let small = reader.numbers.compactMap { Int32(exactly: $0) }
      return small.count == reader.numbers.count
        ? try Tensor(small, shape: shape) : try Tensor(reader.numbers, shape: shape)
    }
  }

  // MARK: subscripts

  /// `tensor[indices]`.
  static func slice(_ tensor: Tensor, _ indices: [Index]) throws -> Tensor {
    let named = indices.count {
      if case .newAxis = $0 { false } else if case .ellipsis = $0 { false } else { true }
    }
    let consumed = try indices.reduce(0) { total, index in
      if case .tensor(let mask) = index, mask.dtype == .bool { return total + max(1, mask.rank) }
      return total + (try isConsuming(index) ? 1 : 0)
    }
    guard consumed <= tensor.rank else {
      throw CommandError(
        "IndexOutOfRange", "\(named) indices for a tensor of rank \(tensor.rank), shape \(tensor.shape)")
    }
    var result = tensor
    var axis = 0
    for index in indices {
      switch index {
      case .at(let position):
        let count = result.shape[axis]
        let start = try Value.position(position, count, axis, tensor)
        result = try result.narrowed(axis: axis, start: start, count: 1).squeezed([axis])
      case .slice(let start, let stop, let step):
        result = try Value.slice(result, axis: axis, start, stop, step)
        axis += 1
      case .ellipsis: axis += tensor.rank - consumed
      case .newAxis:
        result = try result.insertingAxis(axis)
        axis += 1
      case .tensor(let selector):
        result = try Value.select(result, axis: axis, selector)
        axis += selector.dtype == .bool ? 1 : selector.rank
      case .key(let key):
        throw CommandError(
          "TypeMismatch", "a tensor is indexed by integers, slices and masks, not \"\(key)\"")
      }
    }
    return result
  }

  private static func isConsuming(_ index: Index) throws -> Bool {
    switch index {
    case .ellipsis, .newAxis: false
    default: true
    }
  }

  private static func position(_ index: Int, _ count: Int, _ axis: Int, _ tensor: Tensor) throws -> Int {
    let position = index < 0 ? index &+ count : index
    guard position >= 0, position < count else {
      throw CommandError(
        "IndexOutOfRange",
        "index \(index) is out of range for axis \(axis) of a tensor of shape \(tensor.shape)",
        help: count == 0 ? "the axis is empty" : "valid are \(-count)...\(count - 1)")
    }
    return position
  }

  private static func slice(_ tensor: Tensor, axis: Int, _ start: Int?, _ stop: Int?, _ step: Int) throws
    -> Tensor
  {
    let run = Index.run(start: start, stop: stop, step: step, count: tensor.shape[axis])
    return try tensor.stepped(axis: axis, start: run.first, step: step, count: run.count)
  }

  /// Elements along one axis by integers, or along the axes a mask covers.
  private static func select(_ tensor: Tensor, axis: Int, _ selector: Tensor) throws -> Tensor {
    guard selector.dtype == .bool else { return try tensor.take(selector, axis: axis) }
    let covered = Array(tensor.shape)[axis..<min(axis + max(1, selector.rank), tensor.rank)]
    guard Array(selector.shape) == Array(covered) else {
      throw CommandError(
        "ShapeMismatch",
        "a mask of shape \(selector.shape) for axis \(axis) of a tensor of shape \(tensor.shape)",
        help: "a mask has the shape of the axes it selects from")
    }
    let flat =
      Array(tensor.shape)[..<axis] + [selector.count] + Array(tensor.shape)[(axis + selector.rank)...]
    return try tensor.reshaped(Shape(flat)).take(selector.reshaped([-1]).nonzeroIndices(), axis: axis)
  }

  static func transposed(_ tensor: Tensor) throws -> Tensor {
    tensor.rank < 2 ? tensor : try tensor.transposed()
  }
}

/// Reads a nested list of numbers in row-major order.
private struct ArrayReader {
  enum Content: Int { case bool, int, float }

  var numbers: [Double] = []
  var extents: [Int] = []
  var kind = Content.bool
  private var leafAxis: Int?

  /// - Returns: false when something in the list is not a number.
  mutating func read(_ elements: [Value], axis: Int) throws -> Bool {
    guard axis < Shape.maximumRank else {
      throw CommandError("ShapeMismatch", "the list is nested deeper than 8 axes")
    }
    if axis == extents.count {
      extents.append(elements.count)
    } else if extents[axis] != elements.count {
      throw CommandError(
        "ShapeMismatch",
        "the list is ragged: a row has \(elements.count) elements where another has \(extents[axis])")
    }
    for element in elements {
      switch element {
      case .list(let box):
        if leafAxis == axis { throw CommandError("ShapeMismatch", "the list mixes numbers and lists") }
        if try !read(box.elements, axis: axis + 1) { return false }
        continue
      case .bool(let value): add(value ? 1 : 0, .bool)
      case .int(let value): add(Double(value), .int)
      case .float(let value): add(value, .float)
      default: return false
      }
      if extents.count > axis + 1 { throw CommandError("ShapeMismatch", "the list mixes numbers and lists") }
      leafAxis = axis
    }
    if numbers.isEmpty { kind = .int }
    return true
  }

  private mutating func add(_ number: Double, _ content: Content) {
    numbers.append(number)
    if content.rawValue > kind.rawValue { kind = content }
  }
}

extension Value {
  /// A nested list of numbers as a tensor of a given dtype without passing through f32; nil for anything else.
  func asTensor(exactly dtype: DType) throws -> Tensor? {
    let elements: [Value]
    let isScalar: Bool
    switch self {
    case .list(let box): (elements, isScalar) = (box.elements, false)
    case .int, .float, .bool: (elements, isScalar) = ([self], true)
    default: return nil
    }
    var reader = ArrayReader()
    guard dtype.isFloating, !elements.contains(where: { if case .tensor = $0 { true } else { false } }),
      try reader.read(elements, axis: 0)
    else { return nil }
    return try Tensor(reader.numbers, shape: isScalar ? [] : Shape(reader.extents)).cast(to: dtype)
  }
}
