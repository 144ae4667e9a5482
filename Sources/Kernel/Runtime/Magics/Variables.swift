import Syntax
import Tensor

let varsMagic = Magic(
  "vars", usage: "[pattern]",
  "Lists the variables: kind, shape, size and value; `*` in a pattern is any text.",
  argument: .variables
) { session, pattern in
  let glob = Glob(pattern)
  let chosen = session.variables.filter { pattern.isEmpty || glob.matches($0.name) }
  guard !chosen.isEmpty else {
    session.emit(.text(pattern.isEmpty ? "there are no variables\n" : "no variable matches `\(pattern)`\n"))
    return .none
  }
  let rows = chosen.map { name, value in
    [name, value.typeName, value.shapeText, value.byteCount.map(ByteCount.text) ?? "", value.glance]
  }
  let table = TextTable(
    [["name", "kind", "shape", "size", "value"]] + rows, width: session.width, rightAligned: [3])
  session.emit(.text(table.text + "\n"))
  return .none
}

let resetMagic = Magic(
  "reset", usage: "[name …]", "Forgets all variables, or those named.", argument: .variables
) { session, rest in
  let names = rest.split(separator: " ").map(String.init)
  for name in names where session.value(of: name) == nil {
    throw CommandError(
      "UnknownName", "there is no variable `\(name)`",
      help: Suggestion.phrase(for: name, in: session.variables.map(\.name)))
  }
  let count = names.isEmpty ? session.variables.count : Set(names).count
  if names.isEmpty { session.reset() }
  for name in names { session.forget(name) }
  session.emit(.text("\(count) variable\(count == 1 ? "" : "s") forgotten\n"))
  return .none
}

extension Value {
  /// The shape of a tensor, the count of anything else that has elements.
  fileprivate var shapeText: String {
    if case .tensor(let tensor) = self { return "\(tensor.shape) \(tensor.dtype)" }
    if case .record(let box) = self { return "\(box.keys.count) field\(box.keys.count == 1 ? "" : "s")" }
    return elementCount.map { "\($0)" } ?? ""
  }

  /// The value in half a line; of a tensor, where its elements lie.
  fileprivate var glance: String {
    guard case .tensor(let tensor) = self, tensor.rank > 0 else { return brief(columns: 50) }
    // The range of a very large one takes longer than a list of variables should.
    guard tensor.count <= 1 << 22 else { return "" }
    return tensor.headline.split(separator: ", ").drop { !$0.contains("…") }.joined(separator: ", ")
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
