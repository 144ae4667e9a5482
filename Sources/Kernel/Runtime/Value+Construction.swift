import Tensor

extension Value: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByArrayLiteral
{
  /// `true` in a table of commands.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// `10` in a table of commands.
  public init(integerLiteral value: Int) { self = .int(value) }
  /// `1e-3` in a table of commands.
  public init(floatLiteral value: Double) { self = .float(value) }
  /// `"auto"` in a table of commands.
  public init(stringLiteral value: String) { self = .string(StringBox(value)) }
  /// `[0.9, 0.999]` in a table of commands: a list.
  public init(arrayLiteral elements: Value...) { self = .list(ListBox(elements)) }
}

extension Value {
  /// A string value.
  public static func text(_ value: String) -> Value { .string(StringBox(value)) }
  /// A list value.
  public static func list(_ elements: [Value]) -> Value { .list(ListBox(elements)) }
  /// A tuple value.
  public static func tuple(_ elements: [Value]) -> Value { .tuple(TupleBox(elements)) }
  /// A record value, fields in this order.
  public static func record(_ fields: [(String, Value)]) -> Value { .record(RecordBox(fields)) }
  /// A host object value.
  public static func object(_ object: any HostObject) -> Value { .object(ObjectBox(object)) }
  /// A tuple of integers, the way shapes are shown.
  public static func shape(_ shape: Shape) -> Value { .tuple(shape.map { Value.int($0) }) }

  /// A function made by the host: the result of `grad(f)`, a method of an object.
  public static func native(
    _ name: String, _ parameters: [Parameter] = [], summary: String = "",
    _ body: @escaping (Arguments) throws -> Value
  ) -> Value {
    .function(FunctionBox(native: Command(name, summary, parameters, body: body)))
  }

  /// What `type(x)` says: `int`, `tensor`, or the host object's own name.
  public var typeName: String {
    switch self {
    case .none: "none"
    case .bool: "bool"
    case .int: "int"
    case .float: "float"
    case .string: "string"
    case .list: "list"
    case .tuple: "tuple"
    case .record: "record"
    case .range: "range"
    case .tensor: "tensor"
    case .function: "function"
    case .object(let box): box.object.typeName
    }
  }
}
