import Runtime

/// The bytes that supervisor and evaluator exchange: a request or a message each, preceded by its length.
enum Wire {
  /// What a supervisor sends.
  enum Order {
    /// The session's seed and what it may touch; first of all.
    case begin(seed: UInt64, Permissions)
    /// Something to do.
    case request(EvaluatorRequest)
    /// Stop the running cell at its next safe point.
    case interrupt
  }

  /// Puts the length in front.
  static func frame(_ payload: [UInt8]) -> [UInt8] {
    var writer = ByteWriter()
    writer.blob(payload)
    return writer.bytes
  }

  // MARK: Orders

  static func encode(_ order: Order) -> [UInt8] {
    var w = ByteWriter()
    switch order {
    case .begin(let seed, let permissions):
      w.byte(0)
      w.word(seed)
      for folders in [permissions.readable, permissions.writable] {
        w.optional(folders) { $0.list($1) { $0.text($1) } }
      }
    case .interrupt: w.byte(1)
    case .request(.run(let cell)):
      w.byte(2)
      write(cell, to: &w)
    case .request(.store(let names, let path)):
      w.byte(3)
      w.list(names) { $0.text($1) }
      w.text(path)
    case .request(.restore(let path, let cell)):
      w.byte(4)
      w.text(path)
      write(cell, to: &w)
    }
    return frame(w.bytes)
  }

  static func order(_ bytes: [UInt8]) throws -> Order {
    var r = ByteReader(bytes)
    switch try r.byte() {
    case 0:
      let seed = try r.word()
      var permissions = Permissions()
      permissions.readable = try r.optional { try $0.list { try $0.text() } }
      permissions.writable = try r.optional { try $0.list { try $0.text() } }
      return .begin(seed: seed, permissions)
    case 1: return .interrupt
    case 2: return .request(.run(try cell(&r)))
    case 3: return .request(.store(names: try r.list { try $0.text() }, path: try r.text()))
    case 4: return .request(.restore(path: try r.text(), cell: try cell(&r)))
    default: throw DamagedBytes()
    }
  }

  private static func write(_ cell: CellRequest, to w: inout ByteWriter) {
    for text in [cell.source, cell.key, cell.name] { w.text(text) }
    for number in [cell.firstLine, cell.indent] { w.int(number) }
    w.optional(cell.checkpoints) { $0.text($1) }
  }

  private static func cell(_ r: inout ByteReader) throws -> CellRequest {
    CellRequest(
      source: try r.text(), key: try r.text(), name: try r.text(), firstLine: try r.int(),
      indent: try r.int(), checkpoints: try r.optional { try $0.text() })
  }

  // MARK: Messages

  static func encode(_ message: EvaluatorMessage) -> [UInt8] {
    var w = ByteWriter()
    switch message {
    case .output(let output):
      w.byte(0)
      write(output, to: &w)
    case .progress(let progress):
      w.byte(1)
      w.text(progress.label)
      w.optional(progress.fraction) { $0.double($1) }
      w.text(progress.detail)
    case .finished(let failure):
      w.byte(2)
      w.optional(failure) { write($1, to: &$0) }
    // The evaluator cannot tell of its own end; the process that waits for it does.
    case .died: w.byte(255)
    }
    return frame(w.bytes)
  }

  static func message(_ bytes: [UInt8]) throws -> EvaluatorMessage {
    var r = ByteReader(bytes)
    switch try r.byte() {
    case 0: return .output(try output(&r))
    case 1:
      return .progress(
        ProgressReport(
          label: try r.text(), fraction: try r.optional { try $0.double() }, detail: try r.text())
      )
    case 2: return .finished(try r.optional { try failure(&$0) })
    default: throw DamagedBytes()
    }
  }

  // MARK: Parts

  static func write(_ output: CellOutput, to w: inout ByteWriter) {
    switch output {
    case .text(let text):
      w.byte(0)
      w.text(text)
    case .warning(let text):
      w.byte(1)
      w.text(text)
    case .display(let rendering):
      w.byte(2)
      write(rendering, to: &w)
    case .value(let rendering, let json):
      w.byte(3)
      write(rendering, to: &w)
      w.optional(json) { $0.text($1.compact) }
    case .metric(let name, let value):
      w.byte(4)
      w.text(name)
      w.double(value)
    }
  }

  static func output(_ r: inout ByteReader) throws -> CellOutput {
    switch try r.byte() {
    case 0: return .text(try r.text())
    case 1: return .warning(try r.text())
    case 2: return .display(try rendering(&r))
    case 3: return .value(try rendering(&r), json: try r.optional { try JSON(parsing: $0.text()) })
    case 4: return .metric(try r.text(), try r.double())
    default: throw DamagedBytes()
    }
  }

  private static func write(_ rendering: Display, to w: inout ByteWriter) {
    w.text(rendering.text)
    w.optional(rendering.svg) { $0.text($1) }
    w.optional(rendering.png) { $0.blob($1) }
    for text in [rendering.html, rendering.markdown, rendering.latex, rendering.alt] {
      w.optional(text) { $0.text($1) }
    }
    w.byte(rendering.isEarlier ? 1 : 0)
  }

  private static func rendering(_ r: inout ByteReader) throws -> Display {
    var rendering = Display(
      text: try r.text(), svg: try r.optional { try $0.text() }, png: try r.optional { Array(try $0.blob()) },
      html: try r.optional { try $0.text() }, markdown: try r.optional { try $0.text() },
      latex: try r.optional { try $0.text() }, alt: try r.optional { try $0.text() })
    rendering.isEarlier = try r.byte() == 1
    return rendering
  }

  static func write(_ failure: CellFailure, to w: inout ByteWriter) {
    for text in [failure.code, failure.message, failure.rendered] { w.text(text) }
    w.optional(failure.help) { $0.text($1) }
    for number in [failure.line, failure.column] { w.optional(number) { $0.int($1) } }
  }

  static func failure(_ r: inout ByteReader) throws -> CellFailure {
    let (code, message, rendered) = (try r.text(), try r.text(), try r.text())
    return CellFailure(
      code: code, message: message, help: try r.optional { try $0.text() },
      line: try r.optional { try $0.int() }, column: try r.optional { try $0.int() }, rendered: rendered)
  }
}
