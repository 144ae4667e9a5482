import Runtime

extension RunResult {
  /// The content of `result.json`.
  public var json: JSON {
    .object([
      ("schema", .int(Self.schemaVersion)),
      ("notebook", .object([("path", .string(notebook)), ("sha256", .string(notebookHash))])),
      ("started", .string(started)),
      ("seconds", .number(seconds)),
      ("exit_code", .int(Int(exitCode))),
      ("stop_reason", stopReason.map(JSON.string) ?? .null),
      (
        "params",
        .object(
          parameters.map { parameter in
            (
              parameter.name,
              .object([
                ("value", parameter.value.json), ("source", .string(parameter.source.rawValue)),
              ])
            )
          })
      ),
      // As text: a 64-bit seed does not survive readers that keep numbers as doubles.
      ("seed", .string("\(seed)")),
      ("environment", .object(environment)),
      ("metrics", .object(metrics.map { ($0.name, .number($0.value)) })),
      ("warnings", .array(warnings.map(JSON.string))),
      ("cells", .array(cells.map(\.json))),
    ])
  }
}

extension CellOutcome {
  var json: JSON {
    .object([
      ("cell", .string(address)),
      ("ordinal", .int(ordinal)),
      ("line", .int(line)),
      ("source_sha256", .string(sourceHash)),
      ("identity", .string(identity)),
      ("made_from", .object(components.map { ($0.name, .string($0.value)) })),
      ("status", .string(status.rawValue)),
      ("started_at", .number(startedAt)),
      ("seconds", .number(seconds)),
      ("outputs", .array(outputs.map { json(of: $0) })),
      ("dropped_bytes", .int(droppedBytes)),
      ("error", failure?.json ?? .null),
      ("signal", death?.signal.map { .int(Int($0)) } ?? .null),
      ("peak_bytes", peakBytes.map(JSON.int) ?? .null),
      ("note", note.map(JSON.string) ?? .null),
      ("expect", .array(expectations.map(\.json))),
    ])
  }

  /// One output: texts with their hash, plots by file name and hash.
  func json(of output: CellOutput) -> JSON {
    switch output {
    case .text(let text): return .object([("kind", .string("text")), ("data", .object([textEntry(text)]))])
    case .warning(let text):
      return .object([("kind", .string("warning")), ("data", .object([textEntry(text)]))])
    case .display(let rendering):
      return .object([("kind", .string("display"))] + members(of: rendering, value: nil))
    case .value(let rendering, let value):
      return .object([("kind", .string("value"))] + members(of: rendering, value: value))
    case .metric(let name, let value):
      return .object([("kind", .string("metric")), ("name", .string(name)), ("value", .number(value))])
    }
  }

  private func members(of rendering: Display, value: JSON?) -> [(String, JSON)] {
    var data = [textEntry(rendering.text)]
    for (type, markup) in rendering.markup { data.append(textEntry(markup, mime: type)) }
    for file in plotFiles(of: rendering) {
      data.append(
        (
          file.mime,
          .object([
            ("file", .string(file.name)), ("sha256", .string(file.hash)), ("bytes", .int(file.bytes.count)),
          ])
        ))
    }
    if let value { data.append(("application/json", value)) }
    let alt = rendering.alt.map { [("alt", JSON.string($0))] } ?? []
    return [("data", .object(data))] + alt
  }

  private func textEntry(_ text: String, mime: String = "text/plain") -> (String, JSON) {
    (mime, .object([("text", .string(text)), ("sha256", .string(sha256(text)))]))
  }
}

extension CellFailure {
  var json: JSON {
    .object([
      ("name", .string(code)),
      ("message", .string(message)),
      ("help", help.map(JSON.string) ?? .null),
      ("line", line.map(JSON.int) ?? .null),
      ("column", column.map(JSON.int) ?? .null),
      ("rendered", .string(rendered)),
    ])
  }
}

extension CellOutcome.ExpectationResult {
  var json: JSON {
    .object([
      ("line", .int(line)),
      ("passed", .bool(mismatch == nil)),
      (
        "mismatch",
        mismatch.map { mismatch in
          .object([
            ("line", .int(line + mismatch.line)),
            ("expected", mismatch.expected.map(JSON.string) ?? .null),
            ("actual", mismatch.actual.map(JSON.string) ?? .null),
          ])
        } ?? .null
      ),
    ])
  }
}
