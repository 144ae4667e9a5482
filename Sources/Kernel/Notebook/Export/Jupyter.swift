import Runtime

extension Document {
  /// The notebook as Jupyter's format, nbformat 4.5, with the outputs of a run where there is one. `bytes(ipynb:)` gives it back byte
  /// for byte: what the format has no place for is under `metadata.faa`.
  public func ipynb(_ result: RunResult? = nil) -> String {
    var ids: Set<String> = []
    var cells = headerCell(result).map { [$0] } ?? []
    if !cells.isEmpty { ids.insert(headerCellID) }
    cells += blocks.map { block -> JSON in
      switch block {
      case .prose(let prose):
        let text = String(decoding: prose.source, as: UTF8.self)
        return markdownCell(trimmedLines(text), raw: text, id: uniqueID("prose-", text, &ids))
      case .expect(let expectation):
        let text = String(decoding: expectation.source, as: UTF8.self)
        return markdownCell(trimmedLines(text), raw: text, id: uniqueID("expect-", text, &ids))
      case .cell(let cell):
        let id = cell.options.label.flatMap { ids.insert($0).inserted ? $0 : nil }
        return codeCell(
          cell, result.map { $0.cells[cell.ordinal - 1] }, id: id ?? uniqueID("cell-", cell.code, &ids))
      }
    }
    return JSON.object([
      ("cells", .array(cells)),
      (
        "metadata",
        .object(
          [
            (
              "kernelspec",
              .object([
                ("display_name", .string("FAA")), ("language", .string("faa")), ("name", .string("faa")),
              ])
            ),
            (
              "language_info",
              .object([
                ("file_extension", .string(".faa")), ("mimetype", .string("text/x-faa")),
                ("name", .string("faa")),
              ])
            ),
            ("faa", .object([("front", .string(String(decoding: preamble, as: UTF8.self)))])),
          ] + (header.title.map { [("title", JSON.string($0))] } ?? []))
      ),
      ("nbformat", .int(4)), ("nbformat_minor", .int(5)),
    ]).pretty
  }
}

/// A cell of prose, with its exact text, line breaks around it included, beside what is shown.
private func markdownCell(_ source: String, raw: String, id: String) -> JSON {
  .object([
    ("cell_type", .string("markdown")), ("id", .string(id)),
    ("metadata", .object([("faa", .object([("raw", .string(raw))]))])),
    ("source", lines(source)),
  ])
}

private func codeCell(_ cell: Cell, _ outcome: CellOutcome?, id: String) -> JSON {
  let raw = JSON.string(String(decoding: cell.source, as: UTF8.self))
  var metadata: [(String, JSON)] = [("faa", .object([("raw", raw)]))]
  var tags = cell.options.tags
  if cell.options.error != .forbid { tags.append("raises-exception") }
  if !cell.options.echo { tags.append("hide-input") }
  if !cell.options.output { tags.append("hide-output") }
  if !tags.isEmpty { metadata.append(("tags", .array(Set(tags).sorted().map(JSON.string)))) }
  let ran = outcome.map { $0.status != .skipped } ?? false
  let count: JSON = ran ? .int(cell.ordinal) : .null
  return .object([
    ("cell_type", .string("code")), ("execution_count", count), ("id", .string(id)),
    ("metadata", .object(metadata)),
    ("outputs", .array(outcome.map { outputs(of: $0, count) } ?? [])),
    ("source", lines(cell.jupyterSource)),
  ])
}

private func outputs(of outcome: CellOutcome, _ count: JSON) -> [JSON] {
  var result = outcome.outputs.map { output -> JSON in
    switch output {
    case .text(let text): return stream("stdout", text)
    case .warning(let text): return stream("stderr", "warning: \(text)\n")
    case .metric(let name, let value): return stream("stdout", "\(name) = \(value)\n")
    case .display(let rendering):
      return .object([
        ("data", data(of: rendering)), ("metadata", .object([])), ("output_type", .string("display_data")),
      ])
    // A picture needs no number beside it.
    case .value(let rendering, _) where rendering.isFigure:
      return .object([
        ("data", data(of: rendering)), ("metadata", .object([])), ("output_type", .string("display_data")),
      ])
    case .value(let rendering, _):
      return .object([
        ("data", data(of: rendering)), ("execution_count", count), ("metadata", .object([])),
        ("output_type", .string("execute_result")),
      ])
    }
  }
  if let failure = outcome.failure {
    result.append(
      .object([
        ("ename", .string(failure.code)), ("evalue", .string(failure.message)),
        ("output_type", .string("error")),
        ("traceback", .array(failure.rendered.split(separator: "\n").map { .string(String($0)) })),
      ]))
  }
  return result
}

private func stream(_ name: String, _ text: String) -> JSON {
  .object([("name", .string(name)), ("output_type", .string("stream")), ("text", lines(text))])
}

private func data(of rendering: Display) -> JSON {
  var members: [(String, JSON)] = []
  for (type, markup) in rendering.markup { members.append((type, lines(markup))) }
  if let svg = rendering.svg { members.append(("image/svg+xml", lines(svg))) }
  if let png = rendering.png { members.append(("image/png", .string(base64(png)))) }
  members.append(("text/plain", lines(rendering.text)))
  return .object(members)
}

/// A text as Jupyter stores it: a list of lines that keep their ends.
private func lines(_ text: String) -> JSON {
  var result: [JSON] = []
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
    result.append(.string(String(decoding: rest[..<end], as: UTF8.self)))
    rest = rest[end...]
  }
  return .array(result)
}

/// An id that nbformat takes, from a hash, so that it stays when other cells change.
private func uniqueID(_ prefix: String, _ text: String, _ taken: inout Set<String>) -> String {
  let stem = prefix + sha256(text).prefix(12)
  var id = stem
  var count = 1
  while !taken.insert(id).inserted {
    count += 1
    id = "\(stem)-\(count)"
  }
  return id
}

/// Without line breaks at either end.
func trimmedLines(_ text: String) -> String {
  var bytes = Array(text.utf8)[...]
  let isBreak = { (byte: UInt8) in byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
  while let last = bytes.last, isBreak(last) { bytes.removeLast() }
  return String(decoding: bytes.drop(while: isBreak), as: UTF8.self)
}
