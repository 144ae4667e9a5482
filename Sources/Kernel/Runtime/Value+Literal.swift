import Syntax
import Tensor

extension Value {
  /// Program text that gives the value back, with the tensors inside under the names that `tensor` gives them; nil for what no text
  /// stands for: objects, and functions that hold on to local variables.
  public func literal(tensor name: (Tensor) -> String) -> String? {
    switch self {
    case .none: return "none"
    case .bool(let value): return value ? "true" : "false"
    case .int(let value): return String(value)
    case .float(let value):
      return value.isFinite ? value.description : value.isNaN ? "nan" : value > 0 ? "inf" : "(-inf)"
    case .string(let box): return quoted(box.value)
    case .list(let box):
      return Value.literals(box.elements, name).map { "[" + $0.joined(separator: ", ") + "]" }
    case .tuple(let box):
      return Value.literals(box.elements, name).map {
        "(" + $0.joined(separator: ", ") + (box.elements.count == 1 ? ",)" : ")")
      }
    case .record(let box):
      return Value.literals(box.values, name).map { values in
        "{" + zip(box.keys, values).map { "\(quoted($0)): \($1)" }.joined(separator: ", ") + "}"
      }
    case .range(let box):
      return box.step == 1
        ? "(\(box.lower)..<\(box.upper))" : "range(\(box.lower), \(box.upper), step: \(box.step))"
    case .tensor(let tensor): return name(tensor)
    case .function(let function):
      guard let code = function.code else { return function.command.map(\.name) }
      let text = code.source.text(code.span)
      return code.captures.isEmpty && text.hasPrefix("{") ? text : nil
    case .object: return nil
    }
  }

  private static func literals(_ values: [Value], _ name: (Tensor) -> String) -> [String]? {
    var result: [String] = []
    for value in values {
      guard let literal = value.literal(tensor: name) else { return nil }
      result.append(literal)
    }
    return result
  }
}

extension Session {
  /// A statement that defines the variable again; see `Value.literal`.
  public func statement(defining name: String, tensor: (Tensor) -> String) -> String? {
    guard let value = value(of: name) else { return nil }
    if case .function(let function) = value, let code = function.code, code.captures.isEmpty {
      let text = code.source.text(code.span)
      // A variable that holds a function of another name is no definition of that function.
      if text.hasPrefix("func \(name)(") { return text }
    }
    return value.literal(tensor: tensor).map { "\(name) = \($0)" }
  }

  /// Forgets one variable.
  public func forget(_ name: String) {
    machine.retire(machine.globals.value(of: name) ?? .none)
    machine.globals.remove(name)
  }
}
