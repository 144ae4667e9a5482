import Tensor

extension Value {
  /// `value.name` for what the language itself knows; nil when there is no such property.
  func property(_ name: String) throws -> Value? {
    switch self {
    case .record(let box): return box[name]
    case .object(let box): return try box.object.member(name)
    case .tensor(let tensor): return try Value.property(name, of: tensor)
    case .int(let value):
      return name == "isFinite"
        ? .bool(true) : name == "isNaN" ? .bool(false) : Value.scalar(name, Double(value))
    case .float(let value): return Value.scalar(name, value)
    case .range(let box):
      switch name {
      case "lower": return .int(box.lower)
      case "upper": return .int(box.upper)
      case "step": return .int(box.step)
      default: break
      }
    case .function(let function):
      if name == "name" { return .text(function.name) }
    default: break
    }
    switch name {
    case "count": return elementCount.map { .int($0) }
    case "isEmpty": return elementCount.map { .bool($0 == 0) }
    default: return nil
    }
  }

  private static func scalar(_ name: String, _ value: Double) -> Value? {
    switch name {
    case "isFinite": .bool(value.isFinite)
    case "isNaN": .bool(value.isNaN)
    default: nil
    }
  }

  private static func property(_ name: String, of tensor: Tensor) throws -> Value? {
    switch name {
    case "shape": return .shape(tensor.shape)
    case "dtype": return .text("\(tensor.dtype)")
    case "rank": return .int(tensor.rank)
    case "count": return .int(tensor.count)
    case "T": return .tensor(try Value.transposed(tensor))
    case "isFinite": return .bool(try tensor.doubles().allSatisfy(\.isFinite))
    case "isNaN": return .bool(try tensor.doubles().contains(where: \.isNaN))
    default: return nil
    }
  }

  /// Names of the properties, for completion and suggestions.
  var propertyNames: [String] {
    switch self {
    case .record(let box): box.keys
    case .object(let box): box.object.memberNames
    case .tensor: ["shape", "dtype", "rank", "count", "T", "isFinite", "isNaN"]
    case .int, .float: ["isFinite", "isNaN"]
    case .range: ["lower", "upper", "step", "count", "isEmpty"]
    case .list, .tuple, .string: ["count", "isEmpty"]
    case .function: ["name"]
    case .none, .bool: []
    }
  }
}
