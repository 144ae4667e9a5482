import Interchange
import Runtime
import Tensor

/// `%store` and `%restore`: the variables of a session in a file.
public let sessionMagics: [Magic] = [
  Magic(
    "store", usage: "file.safetensors [names]",
    "Writes variables, all of them by default, to a file that `%restore` and other tools read; names those it cannot.",
    argument: .path
  ) { session, line in
    let words = line.split(separator: " ").map(String.init)
    let path = try safetensorsPath(words.first, "store")
    let chosen = words.dropFirst()
    if let unknown = chosen.first(where: { session.value(of: $0) == nil }) {
      throw CommandError("UnknownName", "%store: `\(unknown)` is not defined")
    }
    var tensors: [Safetensors.Entry] = []
    var statements: [String] = []
    var left: [String] = []
    for (name, value) in session.variables where chosen.isEmpty || chosen.contains(name) {
      if case .tensor(let tensor) = value {
        tensors.append((name, tensor))
        continue
      }
      var inside: [Safetensors.Entry] = []
      let statement = session.statement(defining: name) { tensor in
        inside.append(("\(name).\(inside.count)", tensor))
        return "\(holder)[\"\(name).\(inside.count - 1)\"]"
      }
      if let statement {
        statements.append(statement)
        tensors += inside
      } else {
        left.append("`\(name)` (\(value.typeName))")
      }
    }
    try Safetensors.write(
      tensors, metadata: ["faa": "session", "program": statements.joined(separator: "\n")], to: path)
    let count = session.variables.count { chosen.isEmpty || chosen.contains($0.name) } - left.count
    session.emit(.text("\(path): \(count) variable\(count == 1 ? "" : "s")\n"))
    if !left.isEmpty { session.emit(.warning("not stored: " + left.joined(separator: ", "))) }
    return .none
  },
  Magic("restore", usage: "file.safetensors", "Defines the variables that `%store` wrote.", argument: .path) {
    session, line in
    let path = try safetensorsPath(line.isEmpty ? nil : line, "restore")
    let contents = try Safetensors.read(path)
    guard contents.metadata["faa"] == "session", let program = contents.metadata["program"] else {
      throw CommandError(
        "InvalidArgument", "%restore: \(path) was not written by %store", help: "`load` reads models")
    }
    // Names with a dot are parts of other values.
    for (name, tensor) in contents.tensors where !name.contains(".") { session.define(name, .tensor(tensor)) }
    session.define(holder, .record(contents.tensors.map { ($0.name, .tensor($0.tensor)) }))
    defer { session.forget(holder) }
    if case .failure(let diagnostic) = session.run(program, name: path, output: session.emit) {
      throw diagnostic
    }
    return .none
  },
]

/// The variable that holds the tensors inside other values while those are restored.
private let holder = "__stored"

private func safetensorsPath(_ path: String?, _ magic: String) throws -> String {
  guard let path, !path.isEmpty else {
    throw CommandError("InvalidArgument", "%\(magic): name a file", help: "%\(magic) session.safetensors")
  }
  let full = Folder.expanded(path.unquoted)
  return full.hasSuffix(".safetensors") ? full : full + ".safetensors"
}
