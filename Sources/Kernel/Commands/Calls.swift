import Runtime
import Tensor

extension FunctionBox {
  /// What the function returns, as a tensor. Throws `TypeMismatch` where it is something else.
  func tensor(of arguments: [Value], _ a: Arguments) throws -> Tensor {
    let value = try call(arguments)
    switch value {
    case .tensor(let tensor): return tensor
    case .int(let number): return try .scalar(Double(number), dtype: .f64)
    case .float(let number): return try .scalar(number, dtype: .f64)
    default:
      throw CommandError(
        "TypeMismatch", "\(a.callee): the function returned \(value.typeName), not a tensor",
        help: "its last expression is what it returns")
    }
  }
}

/// The floating tensors within values, taken out and put back: what may carry a derivative into a function. Everything else
/// stays where it is.
struct FloatingLeaves {
  /// The tensors in order.
  let tensors: [Tensor]
  private let values: [Value]

  /// Takes the tensors out of lists, tuples and records too.
  init(_ values: [Value]) {
    var tensors: [Tensor] = []
    func visit(_ value: Value) {
      switch value {
      case .tensor(let tensor): if tensor.dtype.isFloating { tensors.append(tensor) }
      case .list(let box): box.elements.forEach(visit)
      case .tuple(let box): box.elements.forEach(visit)
      case .record(let box): box.values.forEach(visit)
      default: break
      }
    }
    values.forEach(visit)
    self.tensors = tensors
    self.values = values
  }

  /// The same values around other tensors.
  func rebuilt(_ tensors: [Tensor]) -> [Value] {
    var rest = tensors[...]
    func build(_ value: Value) -> Value {
      switch value {
      case .tensor(let tensor): tensor.dtype.isFloating ? rest.popFirst().map { .tensor($0) } ?? value : value
      case .list(let box): .list(box.elements.map(build))
      case .tuple(let box): .tuple(box.elements.map(build))
      case .record(let box): .record(Array(zip(box.keys, box.values.map(build))))
      default: value
      }
    }
    return values.map(build)
  }
}
