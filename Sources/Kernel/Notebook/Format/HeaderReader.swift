import Yams

/// Reads a YAML header into a typed `Header`. Scalars are text until their declared type converts them; anchors,
/// tags and duplicate keys are errors.
struct HeaderReader {
  private(set) var header = Header()
  private(set) var issues: [Issue] = []
  private let file: String

  /// The format version this program writes and reads.
  static let formatVersion = "1"
  static let keys = [
    "faa", "title", "authors", "params", "seed", "limits", "inputs", "needs", "permissions", "render", "tags",
  ]

  /// - Parameter lines: the header between its fences; its first line is line 2 of the file.
  init(_ lines: [String], file: String) {
    self.file = file
    let yaml = lines.joined(separator: "\n") + "\n"
    guard yaml.utf8.count <= 1 << 20 else {
      report(2, 1, "the header is longer than 1 MiB")
      return
    }
    do {
      let parser = try Parser(yaml: yaml, resolver: Resolver.basic)
      guard let root = try parser.singleRoot() else { return }
      // Anchors are held by the parser only: it has to outlive the walk.
      withExtendedLifetime(parser) { read(root) }
    } catch let error as YamlError {
      report(error)
    } catch {
      report(2, 1, "the header is not YAML: \(error)")
    }
  }

  private mutating func read(_ root: Node) {
    guard checkPlain(root), let pairs = mapping(root, "the header") else { return }
    for (key, node, keyNode) in pairs {
      switch key {
      case "faa": readVersion(node)
      case "title": header.title = text(node, key)
      case "authors": header.authors = words(node, key)
      case "params": readParameters(node)
      case "seed": readSeed(node)
      case "limits": readLimits(node)
      case "inputs": header.inputs = words(node, key)
      case "needs": header.needs = words(node, key)
      case "permissions": readPermissions(node)
      case "tags": header.tags = words(node, key)
      case "render": break
      default:
        if !key.hasPrefix("x-") {
          report(keyNode, "unknown header key `\(key)`" + remedy(for: key, among: Self.keys))
        }
      }
    }
  }

  private mutating func readVersion(_ node: Node) {
    guard let version = text(node, "faa"), version != Self.formatVersion else { return }
    report(node, "format version `\(version)` is not known; this FAA reads version \(Self.formatVersion)")
  }

  private mutating func readSeed(_ node: Node) {
    guard let written = text(node, "seed") else { return }
    guard let seed = UInt64(written) else {
      return report(node, "seed: `\(written)` is not a whole number from 0 to 18446744073709551615")
    }
    header.seed = seed
  }

  private mutating func readLimits(_ node: Node) {
    guard let pairs = mapping(node, "limits") else { return }
    for (key, value, keyNode) in pairs {
      guard let written = text(value, key) else { continue }
      do {
        switch key {
        case "cell": header.limits.cell = try parseDuration(written)
        case "total": header.limits.total = try parseDuration(written)
        case "memory": header.limits.memory = try parseSize(written)
        default:
          report(keyNode, "unknown limit `\(key)`" + remedy(for: key, among: ["cell", "total", "memory"]))
        }
      } catch let invalid as InvalidValue {
        report(value, "limits.\(key): \(invalid.message)")
      } catch {
        report(value, "limits.\(key): \(error)")
      }
    }
  }

  private mutating func readPermissions(_ node: Node) {
    for word in words(node, "permissions") {
      guard let capability = Capability(rawValue: word) else {
        report(
          node, "unknown permission `\(word)`" + remedy(for: word, among: Capability.allCases.map(\.rawValue))
        )
        continue
      }
      header.permissions.append(capability)
    }
  }

  // MARK: Parameters

  private mutating func readParameters(_ node: Node) {
    guard let pairs = mapping(node, "params") else { return }
    for (name, node, keyNode) in pairs {
      guard isIdentifier(name) else {
        report(keyNode, "`\(name)` cannot name a parameter; use a letter, then letters, digits or `_`")
        continue
      }
      guard !isKeyword(name) else {
        report(keyNode, "`\(name)` cannot name a parameter: it is a word of the language")
        continue
      }
      if let parameter = parameter(name, node, keyNode) { header.parameters.append(parameter) }
    }
  }

  private mutating func parameter(_ name: String, _ node: Node, _ keyNode: Node) -> HeaderParameter? {
    guard case .mapping = node else {
      report(node, "parameter `\(name)` needs a type; write \(name): {type: float, default: ...}")
      return nil
    }
    guard let pairs = mapping(node, "parameter `\(name)`") else { return nil }
    var fields: [String: Node] = [:]
    for (key, value, keyNode) in pairs {
      let known = ["type", "default", "min", "max", "choices", "help"]
      if known.contains(key) {
        fields[key] = value
      } else if !key.hasPrefix("x-") {
        report(keyNode, "parameter `\(name)`: unknown key `\(key)`" + remedy(for: key, among: known))
      }
    }
    guard let typeNode = fields["type"] else {
      report(keyNode, "parameter `\(name)` has no type; one of bool, int, float, string, path, enum, list[T]")
      return nil
    }
    do {
      guard let written = text(typeNode, "type") else { return nil }
      let type = try ParameterType(parsing: written)
      let draft = HeaderParameter(
        name: name, type: type, defaultValue: nil, minimum: try bound(fields["min"], type),
        maximum: try bound(fields["max"], type),
        choices: fields["choices"].map { words($0, "choices") } ?? [],
        help: fields["help"].flatMap { text($0, "help") } ?? "", line: line(keyNode))
      if type == .choice || type == .list(.choice), draft.choices.isEmpty {
        report(keyNode, "parameter `\(name)` is an enum without choices; add choices: [...]")
        return nil
      }
      guard let node = fields["default"] else { return draft }
      return draft.with(default: try converted(node, draft))
    } catch let placed as PlacedError {
      report(
        (placed.mark?.line ?? 1) + 1, placed.mark?.column ?? 1, "parameter `\(name)`: \(placed.message)")
    } catch let invalid as InvalidValue {
      report(typeNode, "parameter `\(name)`: \(invalid.message)")
    } catch {
      report(typeNode, "parameter `\(name)`: \(error)")
    }
    return nil
  }

  private func converted(_ node: Node, _ parameter: HeaderParameter) throws -> ParameterValue {
    do {
      return try parameter.convert(rawValue(node))
    } catch let invalid as InvalidValue {
      throw PlacedError(node, "default: \(invalid.message)")
    }
  }

  private func bound(_ node: Node?, _ type: ParameterType) throws -> Double? {
    guard let node else { return nil }
    guard [.int, .float, .list(.int), .list(.float)].contains(type) else {
      throw PlacedError(node, "type \(type) has no min or max")
    }
    guard case .scalar(let scalar) = node, let value = Double(scalar.string), !value.isNaN else {
      throw PlacedError(node, "min and max are numbers")
    }
    return value
  }

  private struct PlacedError: Error {
    let mark: Mark?
    let message: String

    init(_ node: Node, _ message: String) {
      mark = node.mark
      self.message = message
    }
  }

  // MARK: YAML

  /// Reports anchors, aliases and explicit tags anywhere below `node`.
  private mutating func checkPlain(_ node: Node) -> Bool {
    if node.anchor != nil {
      report(node, "anchors and aliases are not allowed in a header; write the value out")
      return false
    }
    switch node {
    case .scalar(let scalar): return checkTag(scalar.tag, node)
    case .alias: return false
    case .sequence(let items): return checkTag(items.tag, node) && items.allSatisfy { checkPlain($0) }
    case .mapping(let pairs):
      return checkTag(pairs.tag, node) && pairs.allSatisfy { checkPlain($0.key) && checkPlain($0.value) }
    }
  }

  private mutating func checkTag(_ tag: Tag, _ node: Node) -> Bool {
    let name = tag.rawValue
    if name.isEmpty || name == Tag.Name.str.rawValue { return true }
    report(node, "tags such as \(name) are not allowed in a header; types come from the parameter's `type`")
    return false
  }

  private mutating func mapping(_ node: Node, _ what: String) -> [(String, Node, Node)]? {
    guard case .mapping(let pairs) = node else {
      report(node, "\(what) must be a list of `key: value` lines")
      return nil
    }
    return pairs.compactMap { pair in
      guard case .scalar(let key) = pair.key else {
        report(pair.key, "\(what): a key must be a word")
        return nil
      }
      return (key.string, pair.value, pair.key)
    }
  }

  private mutating func text(_ node: Node, _ key: String) -> String? {
    if case .scalar(let scalar) = node { return scalar.string }
    report(node, "`\(key)` must be a single value")
    return nil
  }

  private mutating func words(_ node: Node, _ key: String) -> [String] {
    switch node {
    case .scalar(let scalar): return scalar.string.isEmpty ? [] : [scalar.string]
    case .sequence(let items): return items.compactMap { text($0, key) }
    default:
      report(node, "`\(key)` must be a list of words")
      return []
    }
  }

  private func line(_ node: Node) -> Int { (node.mark?.line ?? 1) + 1 }

  private mutating func report(_ node: Node, _ message: String) {
    report(line(node), node.mark?.column ?? 1, message)
  }

  private mutating func report(_ line: Int, _ column: Int, _ message: String) {
    issues.append(Issue(.error, file: file, line: line, column: column, message))
  }

  private mutating func report(_ error: YamlError) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      report(mark.line + 1, mark.column, "the header is not YAML: \(problem)")
    case .duplicatedKeysInMapping(let keys, let context):
      report(
        context.mark.line + 1, context.mark.column,
        "the key `\(keys.first ?? "")` is given twice in the same place; keep one")
    default:
      report(2, 1, "the header is not YAML; it holds lines such as `title: My notebook`")
    }
  }
}

extension HeaderParameter {
  fileprivate func with(default value: ParameterValue) -> HeaderParameter {
    HeaderParameter(
      name: name, type: type, defaultValue: value, minimum: minimum, maximum: maximum, choices: choices,
      help: help, line: line)
  }
}

/// A name the language accepts: a letter or `_` (Greek included), then letters, digits, `_`.
private func isIdentifier(_ name: String) -> Bool {
  guard let first = name.unicodeScalars.first, first == "_" || first.properties.isXIDStart else {
    return false
  }
  return name.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
}

/// What a YAML or JSON text says, scalars as text; throws `InvalidValue` for anything but scalars and lists.
func rawValue(yaml: String) throws -> RawValue {
  do {
    guard let node = try Parser(yaml: yaml, resolver: Resolver.basic).singleRoot() else { return .text("") }
    return try rawValue(node)
  } catch let error as InvalidValue {
    throw error
  } catch {
    throw InvalidValue("`\(yaml)` is not valid JSON or YAML")
  }
}

/// The pairs of a JSON or YAML mapping of parameters; throws `InvalidValue` when it is not one.
func rawValues(yaml: String) throws -> [(name: String, value: RawValue)] {
  let root: Node?
  do {
    root = try Parser(yaml: yaml, resolver: Resolver.basic).singleRoot()
  } catch {
    throw InvalidValue("it is not valid JSON or YAML")
  }
  guard let root else { return [] }
  guard case .mapping(let pairs) = root else {
    throw InvalidValue("it must hold one value per parameter name")
  }
  return try pairs.map { ($0.key.string ?? "", try rawValue($0.value)) }
}

private func rawValue(_ node: Node) throws -> RawValue {
  switch node {
  case .scalar(let scalar): return .text(scalar.string)
  case .sequence(let items): return .list(try items.map(rawValue))
  default: throw InvalidValue("a mapping is not a parameter value")
  }
}
