/// The id of the cell that binds what the header declares.
let headerCellID = "faa-header"

extension Document {
  /// What the header declares as a cell, since a kernel knows no headers: the seed, and the parameters as papermill expects them. Nil
  /// where it declares neither.
  func headerCell(_ result: RunResult? = nil) -> JSON? {
    let source = headerSource(result)
    guard !source.isEmpty else { return nil }
    return .object([
      ("cell_type", .string("code")), ("execution_count", .null), ("id", .string(headerCellID)),
      (
        "metadata",
        .object([
          ("faa", .object([("header", .string(source))])), ("tags", .array([.string("parameters")])),
        ])
      ),
      ("outputs", .array([])), ("source", .string(source)),
    ])
  }

  private func headerSource(_ result: RunResult?) -> String {
    let number = result?.seed ?? header.seed
    let seed = number == 0 ? [] : ["%seed \(number)"]
    let parameters = header.parameters.map { parameter in
      let value = result?.parameters.first { $0.name == parameter.name }?.value ?? parameter.defaultValue
      return value.map { "\(parameter.name) = \($0.literal)" }
        ?? "# \(parameter.name) must be given: \(parameter.type)"
    }
    return (seed + parameters).joined(separator: "\n")
  }
}

extension Cell {
  /// The text of the cell as it stands in a Jupyter notebook, whose cells do not end their last line.
  var jupyterSource: String {
    let whole = text
    return whole.utf8.last == UInt8(ascii: "\n")
      ? String(decoding: whole.utf8.dropLast(), as: UTF8.self) : whole
  }
}
