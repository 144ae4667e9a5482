import Syntax
import Tensor

let varsMagic = Magic(
  "vars", usage: "[pattern]",
  "Lists the variables: kind, shape, size and value; `*` in a pattern is any text.",
  argument: .variables
) { session, pattern in
  let chosen = session.variables.filter { pattern.isEmpty || Wildcard(pattern).matches($0.name) }
  guard !chosen.isEmpty else {
    session.emit(.text(pattern.isEmpty ? "there are no variables\n" : "no variable matches `\(pattern)`\n"))
    return .none
  }
  let rows = chosen.map { name, value in
    [
      name, value.typeName, value.shapeText, value.byteCount.map(ByteCount.text) ?? "",
      value.brief(columns: 50),
    ]
  }
  let table = TextTable(
    [["name", "kind", "shape", "size", "value"]] + rows, width: session.width, rightAligned: [3])
  session.emit(.text(table.text + "\n"))
  return .none
}

let resetMagic = Magic("reset", "Forgets all variables.") { session, _ in
  let count = session.variables.count
  session.reset()
  session.emit(.text("\(count) variable\(count == 1 ? "" : "s") forgotten\n"))
  return .none
}

/// A pattern in which `*` stands for any text.
struct Wildcard {
  private let parts: [Substring]

  init(_ pattern: String) { parts = pattern.split(separator: "*", omittingEmptySubsequences: false) }

  func matches(_ text: String) -> Bool {
    guard let first = parts.first, let last = parts.last, parts.count > 1 else {
      return parts.first.map { $0 == text } ?? false
    }
    guard text.hasPrefix(first), text.count >= first.count + last.count, text.hasSuffix(last) else {
      return false
    }
    var rest = text.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let found = rest.firstRange(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }
}

extension Value {
  /// The shape of a tensor, the count of anything else that has elements.
  fileprivate var shapeText: String {
    if case .tensor(let tensor) = self { return "\(tensor.shape) \(tensor.dtype)" }
    if case .record(let box) = self { return "\(box.keys.count) fields" }
    return elementCount.map { "\($0)" } ?? ""
  }

  /// The bytes of the elements, where they can be told without effort.
  fileprivate var byteCount: Int? {
    switch self {
    case .tensor(let tensor): tensor.count * tensor.dtype.size
    case .string(let box): box.value.utf8.count
    case .list(let box) where box.elements.count <= 10_000:
      box.elements.reduce(0) { $0 + ($1.byteCount ?? 16) }
    case .tuple(let box) where box.elements.count <= 10_000:
      box.elements.reduce(0) { $0 + ($1.byteCount ?? 16) }
    case .list(let box): box.elements.count * 16
    case .record(let box): box.values.reduce(0) { $0 + ($1.byteCount ?? 16) }
    default: nil
    }
  }
}
