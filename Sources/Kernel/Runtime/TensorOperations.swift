import Tensor

// The one file of the interpreter that calls tensor operations.

extension Value {
  /// The value as a tensor: itself, a number as a scalar, or an array of a nested list of numbers. Lists with a float
  /// become f32, lists of integers i32, lists of truth values bool. nil when it is not numeric at all; ragged lists throw.
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
