/// Values a caller gives for a notebook's parameters, in order of precedence from low to high.
public struct ParameterInput: Sendable {
  /// A JSON or YAML text with one value per name, and what messages call it.
  public var files: [(name: String, text: String)] = []
  /// `NAME=VALUE`, as written after `-p`.
  public var assignments: [String] = []
  /// `NAME=JSON`, as written after `--param-json`.
  public var jsonAssignments: [String] = []
  /// The caller's folder, which relative values of type `path` belong to.
  public var directory: String

  /// No values yet.
  public init(directory: String) { self.directory = directory }
}

/// Resolves every parameter the header declares.
///
/// Throws `UsageError` for an unknown name (with a suggestion), a value that does not fit the declared type, a name
/// given twice in one place, or a required parameter without value.
public func resolveParameters(_ declared: [HeaderParameter], _ input: ParameterInput) throws
  -> [ResolvedParameter]
{
  var given: [String: (ParameterValue, ResolvedParameter.Source)] = [:]

  func bind(
    _ name: String, _ source: ResolvedParameter.Source, _ place: String,
    _ convert: (HeaderParameter) throws -> ParameterValue
  ) throws {
    guard let parameter = declared.first(where: { $0.name == name }) else {
      let names = declared.map(\.name)
      throw UsageError(
        "\(place): unknown parameter `\(name)`"
          + (names.isEmpty ? "; this notebook declares none" : remedy(for: name, among: names)))
    }
    do {
      given[name] = (try convert(parameter).anchored(parameter.type, in: input.directory), source)
    } catch let invalid as InvalidValue {
      throw UsageError("\(place): parameter `\(name)` (\(parameter.type)): \(invalid.message)")
    }
  }

  for file in input.files {
    let pairs: [(name: String, value: RawValue)]
    do {
      pairs = try rawValues(yaml: file.text)
    } catch let invalid as InvalidValue {
      throw UsageError("\(file.name): \(invalid.message)")
    }
    for (name, value) in pairs { try bind(name, .file, file.name) { try $0.convert(value) } }
  }
  var onCommandLine: Set<String> = []
  let flags = [("-p", input.assignments), ("--param-json", input.jsonAssignments)]
  for (flag, assignments) in flags {
    for text in assignments {
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
        throw UsageError("\(flag) \(text): write \(flag) NAME=VALUE")
      }
      let name = String(text[..<equals])
      let value = String(text[text.index(after: equals)...])
      guard onCommandLine.insert(name).inserted else {
        throw UsageError("\(flag) \(text): parameter `\(name)` is given twice on the command line")
      }
      try bind(name, .cli, "\(flag) \(text)") {
        flag == "-p" ? try $0.convert(commandLine: value) : try $0.convert(rawValue(yaml: value))
      }
    }
  }
  return try declared.map { parameter in
    if let (value, source) = given[parameter.name] {
      return ResolvedParameter(name: parameter.name, value: value, source: source)
    }
    guard let value = parameter.defaultValue else {
      throw UsageError(
        "parameter `\(parameter.name)` (\(parameter.type)) is required; give it with -p \(parameter.name)=..."
      )
    }
    return ResolvedParameter(name: parameter.name, value: value, source: .default)
  }
}

extension ParameterValue {
  /// Relative paths given by a caller belong to the caller's folder, not to the notebook's.
  fileprivate func anchored(_ type: ParameterType, in directory: String) -> ParameterValue {
    switch (type, self) {
    case (.path, .string(let path)) where !path.hasPrefix("/"):
      return .string(directory.hasSuffix("/") ? directory + path : "\(directory)/\(path)")
    case (.list(let element), .list(let items)):
      return .list(items.map { $0.anchored(element, in: directory) })
    default: return self
    }
  }
}
