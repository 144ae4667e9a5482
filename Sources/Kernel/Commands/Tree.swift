import Runtime
import Tensor

/// A value made of tensors, taken apart into them and put together again: what can be differentiated by.
struct Tree {
  /// The tensors in order; numbers become f64 scalars.
  let leaves: [Tensor]
  /// Whether the value was a plain number: results then are numbers too.
  let isNumber: Bool
  private let shape: Value

  /// Takes a value apart. Throws `TypeMismatch` naming the parameter where there is something other than numbers in it.
  init(_ value: Value, _ name: String, _ arguments: Arguments) throws {
    var leaves: [Tensor] = []
    func visit(_ value: Value) throws {
      switch value {
      case .tensor(let tensor): leaves.append(tensor)
      case .int(let number): leaves.append(try .scalar(Double(number), dtype: .f64))
      case .float(let number): leaves.append(try .scalar(number, dtype: .f64))
      case .list(let box): for element in box.elements { try visit(element) }
      case .tuple(let box): for element in box.elements { try visit(element) }
      case .record(let box): for element in box.values { try visit(element) }
      default:
        throw CommandError(
          "TypeMismatch", "\(arguments.callee): \(name) holds \(value.typeName), which has no derivative",
          help: "differentiate by tensors, numbers, or tuples, lists and records of them")
      }
    }
    try visit(value)
    self.leaves = leaves
    shape = value
    switch value {
    case .int, .float: isNumber = true
    default: isNumber = false
    }
  }

  /// The same structure around other tensors.
  func rebuilt(_ tensors: [Tensor]) -> Value {
    var next = 0
    func build(_ value: Value) -> Value {
      switch value {
      case .list(let box): return .list(box.elements.map(build))
      case .tuple(let box): return .tuple(box.elements.map(build))
      case .record(let box): return .record(Array(zip(box.keys, box.values.map(build))))
      default:
        defer { next += 1 }
        return .tensor(tensors[next])
      }
    }
    return build(shape)
  }

  /// A derivative with the structure of the point; a number where the point was one.
  func result(_ tensors: [Tensor]) throws -> Value { isNumber ? try plain(tensors[0]) : rebuilt(tensors) }

  /// A value of the function, as a number where the point was one.
  func result(_ tensor: Tensor) throws -> Value { isNumber ? try plain(tensor) : .tensor(tensor) }

  /// The names of a record's leaves in messages; nil for other values, whose leaves are numbered.
  var names: [String]? {
    guard case .record = shape else { return nil }
    return paths("")
  }

  /// Where each leaf is: "blocks[0].weight"; `stem` for a value that is a leaf itself.
  func paths(_ stem: String) -> [String] {
    var paths: [String] = []
    func visit(_ value: Value, _ path: String) {
      switch value {
      case .list(let box):
        for (index, element) in box.elements.enumerated() { visit(element, "\(path)[\(index)]") }
      case .tuple(let box):
        for (index, element) in box.elements.enumerated() { visit(element, "\(path)[\(index)]") }
      case .record(let box):
        for (key, element) in zip(box.keys, box.values) {
          visit(element, path.isEmpty ? key : "\(path).\(key)")
        }
      default: paths.append(path.isEmpty ? stem : path)
      }
    }
    visit(shape, "")
    return paths
  }
}

extension Arguments {
  /// A tree that the call uses as a constant. Throws `NotDifferentiable` where a derivative is being taken by it.
  func constants(_ name: String) throws -> Tree {
    try checkConstant(name)
    return try Tree(self[name], name, self)
  }
}

extension Tree {
  /// Throws `NotDifferentiable` where a derivative is being taken by this λ, of which `name` is a constant.
  func checkConstant(_ name: String) throws {
    guard leaves.contains(where: \.isRecorded) else { return }
    throw CommandError(
      "NotDifferentiable", "`\(name)` is a constant, and a derivative is being taken by λ",
      help: "the hypergradient's value, direct, indirect and q have derivatives")
  }
}
