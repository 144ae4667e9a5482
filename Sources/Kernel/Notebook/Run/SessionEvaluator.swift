import Runtime
import Syntax

extension ThreadEvaluator {
  /// An evaluator over a clean session of the language with these commands.
  ///
  /// - Parameter storable: the kinds of objects that `store` can write.
  public static func session(
    commands: [Command], storable: [any StorableObject.Type] = [], seed: UInt64,
    permissions: Permissions = Permissions()
  ) -> ThreadEvaluator {
    let session = Session(commands: commands, seed: seed)
    session.permissions = permissions
    let cells = SessionCells(session, storable)
    return ThreadEvaluator(interrupt: { cells.session.interrupt() }) {
      { request, send in cells.answer(request, send: send) }
    }
  }
}

/// Carries out requests in one session and turns what comes out into plain data.
///
/// The session is used by the evaluator's thread alone; other threads only ever call `interrupt`.
private final class SessionCells: @unchecked Sendable {
  let session: Session
  private let storable: [any StorableObject.Type]
  /// The place of every cell that ran, by the key that the session knows it by.
  private var places: [String: CellRequest] = [:]

  init(_ session: Session, _ storable: [any StorableObject.Type]) {
    self.session = session
    self.storable = storable
  }

  func answer(_ request: EvaluatorRequest, send: @escaping (EvaluatorMessage) -> Void) -> CellFailure? {
    do {
      switch request {
      case .run(let cell): return run(cell, send: send)
      case .store(let names, let path):
        let bytes = try session.stored(names, storable: storable)
        try makeFolder(of: path)
        try replaceFile(path, with: bytes)
      case .restore(let path, let cell):
        places[cell.key] = cell
        try session.restore(readFile(path), storable: storable)
      }
      return nil
    } catch let error as CommandError {
      return CellFailure(code: error.code, message: error.message, rendered: "error: \(error.message)")
    } catch {
      return CellFailure(code: "\(type(of: error))", message: "\(error)", rendered: "error: \(error)")
    }
  }

  private func run(_ request: CellRequest, send: @escaping (EvaluatorMessage) -> Void) -> CellFailure? {
    places[request.key] = request
    session.checkpoints = request.checkpoints.map(CheckpointFiles.init)
    // A record of a run keeps of every live display the last state; of a story the pictures of all, and the words, which are for readers
    // without pictures, of the last.
    var frames = LiveFrames(every: nil)
    let outcome = session.run(request.source, name: request.key, firstLine: request.firstLine) { output in
      switch output {
      case .text(let text): send(.output(.text(text)))
      case .warning(let text): send(.output(.warning(text)))
      case .display(let display): send(.output(.display(display)))
      case .live(let live):
        guard let earlier = frames.replace(live), earlier.isStory else { break }
        var display = earlier.draw(.all)
        guard display.svg != nil else { break }
        (display.text, display.colouredText, display.isEarlier) = ("", nil, true)
        send(.output(.display(display)))
      case .metric(let name, let value): send(.output(.metric(name, value)))
      case .progress(let progress): send(.progress(ProgressReport(progress)))
      // A record of a run keeps everything.
      case .clear: break
      }
    }
    for (_, display) in frames.last() { send(.output(.display(display))) }
    switch outcome {
    case .value(let value, let shown):
      if shown, let value {
        send(.output(.value(value.display(width: session.width), json: value.json)))
      }
      return nil
    case .failure(let diagnostic):
      return CellFailure(placed(diagnostic))
    }
  }

  /// The diagnostic with places in the notebook file. Sessions know a cell by its key, because its random numbers
  /// depend on it; readers know it by file, line and column.
  private func placed(_ diagnostic: Diagnostic) -> Diagnostic {
    var result = diagnostic
    if let source = diagnostic.source, let place = Place(source, places) {
      result.source = place.source
      result.labels = diagnostic.labels.map { Diagnostic.Label(place.span($0.span), $0.text) }
    }
    result.trace = diagnostic.trace.map { frame in
      guard let place = Place(frame.source, places) else { return frame }
      return Diagnostic.Frame(function: frame.function, source: place.source, span: place.span(frame.span))
    }
    return result
  }
}

/// Checkpoints as files beside each other.
private final class CheckpointFiles: CheckpointStore {
  private let prefix: String

  init(_ prefix: String) { self.prefix = prefix }

  private func path(_ name: String) -> String { "\(prefix)-\(name).checkpoint" }
  func load(_ name: String) -> [UInt8]? { try? readFile(path(name)) }
  func save(_ bytes: [UInt8], as name: String) throws {
    try makeFolder(of: path(name))
    try replaceFile(path(name), with: bytes)
  }
}

/// A cell's text as it stands in the notebook: under the notebook's name and indented as its fence is.
private struct Place {
  let source: Syntax.SourceText
  private let original: Syntax.SourceText
  private let indent: Int

  init?(_ original: Syntax.SourceText, _ requests: [String: CellRequest]) {
    guard let request = requests[original.name] else { return nil }
    self.original = original
    indent = request.indent
    let blanks = String(repeating: " ", count: request.indent)
    let lines = original.text(Span(0, .max)).split(separator: "\n", omittingEmptySubsequences: false)
    source = Syntax.SourceText(
      lines.map { blanks + $0 }.joined(separator: "\n"), name: request.name, firstLine: original.firstLine)
  }

  func span(_ span: Span) -> Span { Span(shifted(span.start), shifted(span.end)) }

  /// Every line up to the offset's own became longer by the indentation.
  private func shifted(_ offset: Int) -> Int {
    offset + indent * (original.position(of: offset).line - original.firstLine + 1)
  }
}

extension CellFailure {
  fileprivate init(_ diagnostic: Diagnostic) {
    let at = diagnostic.labels.first.flatMap { label in
      diagnostic.source.map { $0.position(of: label.span.start) }
    }
    self.init(
      code: diagnostic.code, message: diagnostic.message, help: diagnostic.help, line: at?.line,
      column: at?.column, rendered: diagnostic.render())
  }
}

extension ProgressReport {
  fileprivate init(_ progress: Progress) {
    let fraction = progress.total.flatMap { $0 > 0 ? Double(progress.done) / Double($0) : nil }
    let count = progress.total.map { "\(progress.done)/\($0)" } ?? "\(progress.done)"
    self.init(
      label: progress.label, fraction: fraction,
      detail: progress.note.isEmpty ? count : "\(count) \(progress.note)")
  }
}

extension Value {
  /// Scalars, and lists and records of them up to a thousand items; nil for anything else.
  fileprivate var json: JSON? {
    var budget = 1000
    return json(&budget)
  }

  private func json(_ budget: inout Int) -> JSON? {
    budget -= 1
    guard budget >= 0 else { return nil }
    switch self {
    case .none: return .null
    case .bool(let value): return .bool(value)
    case .int(let value): return .int(value)
    case .float(let value): return .number(value)
    case .string(let box): return .string(box.value)
    case .list(let box): return Self.json(box.elements, &budget).map(JSON.array)
    case .tuple(let box): return Self.json(box.elements, &budget).map(JSON.array)
    case .record(let box):
      return Self.json(box.values, &budget).map { .object(Array(zip(box.keys, $0))) }
    default: return nil
    }
  }

  private static func json(_ values: [Value], _ budget: inout Int) -> [JSON]? {
    var result: [JSON] = []
    for value in values {
      guard let item = value.json(&budget) else { return nil }
      result.append(item)
    }
    return result
  }
}
