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
      return .tensor(try apply(operation, p, q))
    case (_, .tensor(let q)):
      guard let p = x.weakNumber else { return nil }
      return .tensor(try apply(operation, p, q))
    default: return nil
    }
  }
}

extension Value {
  fileprivate var weakNumber: Double? {
    switch self {
    case .int(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  /// The value as a tensor: itself, a number as a scalar, or an array of a nested list of numbers. Lists with a float become
  /// f32, lists of integers i32 (f64 when they do not fit), lists of truth values bool. nil when it is not numeric at all; ragged
  /// lists throw.
  func asTensor() throws -> Tensor? {
    switch self {
    case .tensor(let tensor): return tensor
    case .float(let value): return try Tensor([Float(value)], shape: [])
    case .int(let value):
      guard let small = Int32(exactly: value) else { return try Tensor([Double(value)], shape: []) }
      return try Tensor([small], shape: [])
    case .bool(let value): return try Tensor([value], shape: [])
    case .range(let box): return try Value.array(of: box.map { .int($0) })
    case .list(let box): return try Value.array(of: box.elements)
    default: return nil
    }
  }
}
