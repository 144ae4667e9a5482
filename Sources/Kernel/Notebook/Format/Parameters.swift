import Runtime

/// Types a notebook parameter can declare. Values are read as text and converted by these, never guessed.
public indirect enum ParameterType: Sendable, Equatable, CustomStringConvertible {
  /// `true` or `false`.
  case bool
  /// A 64-bit integer.
  case int
  /// A double, `inf` and `nan` included.
  case float
  /// Text.
  case string
  /// A file or folder; relative paths belong to the caller's folder.
  case path
  /// One of the declared choices.
  case choice
  /// A list of the element type.
  case list(ParameterType)

  /// The type as headers spell it.
  public var description: String {
    switch self {
    case .bool: return "bool"
    case .int: return "int"
    case .float: return "float"
    case .string: return "string"
    case .path: return "path"
    case .choice: return "enum"
    case .list(let element): return "list[\(element)]"
    }
  }

  static let scalars: [String: ParameterType] = [
    "bool": .bool, "int": .int, "float": .float, "string": .string, "path": .path, "enum": .choice,
  ]

  /// Reads a type as headers spell it; throws `InvalidValue` with a suggestion.
  init(parsing text: String) throws {
    if let scalar = Self.scalars[text] {
      self = scalar
    } else if text.hasPrefix("list["), text.hasSuffix("]"),
      let element = Self.scalars[String(text.dropFirst(5).dropLast())]
    {
      self = .list(element)
    } else {
      let known = [
        "bool", "int", "float", "string", "path", "enum", "list[int]", "list[float]", "list[string]",
      ]
      throw InvalidValue("unknown type `\(text)`" + remedy(for: text, among: known))
    }
  }
}

/// A parameter's value.
public enum ParameterValue: Sendable, Equatable {
  /// A truth value.
  case bool(Bool)
  /// An integer.
  case int(Int)
  /// A double.
  case float(Double)
  /// Text, a path or a choice.
  case string(String)
  /// A list of values of one type.
  case list([ParameterValue])

  /// The value as a FAA literal; evaluating it gives the value back.
  public var literal: String {
    switch self {
    case .bool(let value): return value ? "true" : "false"
    case .int(let value): return "\(value)"
    case .float(let value):
      if value.isNaN { return "nan" }
      if value.isInfinite { return value < 0 ? "-inf" : "inf" }
      return "\(value)"
    case .string(let text): return quoted(text)
    case .list(let values): return "[\(values.map(\.literal).joined(separator: ", "))]"
    }
  }

  /// The texts in the value: paths, where it is of that type.
  public var texts: [String] {
    switch self {
    case .string(let text): return [text]
    case .list(let values): return values.flatMap(\.texts)
    case .bool, .int, .float: return []
    }
  }

  /// The value as JSON; doubles that JSON lacks become `{"$f": "nan"}`.
  var json: JSON {
    switch self {
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .float(let value): return .number(value)
    case .string(let text): return .string(text)
    case .list(let values): return .array(values.map(\.json))
    }
  }
}

/// What was written for a parameter, before its type is applied.
enum RawValue: Equatable {
  case text(String)
  case list([RawValue])
}

extension HeaderParameter {
  /// Converts what was written to the declared type; throws `InvalidValue` naming the type, bound or choice missed.
  func convert(_ raw: RawValue) throws -> ParameterValue { try convert(raw, as: type) }

  /// Reads a command-line value: lists are written `1,2,3` or `[1, 2, 3]`.
  func convert(commandLine text: String) throws -> ParameterValue {
    guard case .list = type else { return try convert(.text(text)) }
    if text.hasPrefix("[") { return try convert(rawValue(yaml: text)) }
    let items = text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
    return try convert(.list(items.map { .text(trimmed($0)) }))
  }

  private func convert(_ raw: RawValue, as type: ParameterType) throws -> ParameterValue {
    switch (type, raw) {
    case (.list(let element), .list(let items)):
      return .list(try items.map { try convert($0, as: element) })
    case (.list, .text(let text)):
      throw InvalidValue("`\(text)` is not a list; write for example [1, 2]")
    case (_, .list):
      throw InvalidValue("a list does not fit type \(type)")
    case (.bool, .text(let text)):
      return .bool(try parseBool(text))
    case (.int, .text(let text)):
      guard let value = Int(text) else { throw InvalidValue("`\(text)` is not an int") }
      try checkBounds(Double(value), text)
      return .int(value)
    case (.float, .text(let text)):
      guard let value = Double(text) else { throw InvalidValue("`\(text)` is not a float") }
      try checkBounds(value, text)
      return .float(value)
    case (.string, .text(let text)), (.path, .text(let text)), (.choice, .text(let text)):
      if !choices.isEmpty, !choices.contains(text) {
        throw InvalidValue("`\(text)` is not a choice" + remedy(for: text, among: choices))
      }
      return .string(text)
    }
  }

  private func checkBounds(_ value: Double, _ text: String) throws {
    // Negated comparisons, so that nan never passes a bound.
    if let minimum, !(value >= minimum) {
      throw InvalidValue("\(text) is below the minimum \(short(minimum))")
    }
    if let maximum, !(value <= maximum) {
      throw InvalidValue("\(text) is above the maximum \(short(maximum))")
    }
  }
}

/// A bound without the `.0` of whole numbers.
func short(_ value: Double) -> String {
  let text = "\(value)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

extension HeaderParameter {
  /// `steps: int = 200 (min 1): inner steps`, one line of `faa params`.
  public var synopsis: String {
    var text = "\(name): \(type)"
    if let defaultValue { text += " = \(defaultValue.literal)" } else { text += " (required)" }
    var notes: [String] = []
    if let minimum { notes.append("min \(short(minimum))") }
    if let maximum { notes.append("max \(short(maximum))") }
    if !choices.isEmpty { notes.append("one of \(choices.joined(separator: ", "))") }
    if !notes.isEmpty { text += " (\(notes.joined(separator: "; ")))" }
    return help.isEmpty ? text : text + "  \(help)"
  }
}

extension HeaderParameter {
  /// The declaration as JSON, for `faa params --json`.
  public var json: JSON {
    .object([
      ("name", .string(name)), ("type", .string(type.description)), ("default", defaultValue?.json ?? .null),
      ("required", .bool(defaultValue == nil)), ("min", minimum.map(JSON.number) ?? .null),
      ("max", maximum.map(JSON.number) ?? .null), ("choices", .array(choices.map(JSON.string))),
      ("help", .string(help)), ("line", .int(line)),
    ])
  }
}
