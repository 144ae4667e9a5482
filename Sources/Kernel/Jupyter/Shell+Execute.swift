import Notebook
import Runtime
import Syntax

extension Shell {
  /// Runs a cell: `execute_input`, what it shows, then its value or its error.
  func execute(_ request: Message) -> JSON {
    let content = request.content
    let code = content.text("code")
    let isSilent = content.bool("silent", default: false)
    let isStored = !isSilent && content.bool("store_history", default: true)
    if isStored {
      count += 1
      history.begin(code, line: count)
      _ = session.journal?.begin(code)
    }
    let output = CellOutput(channel.publisher, parent: request.header, isSilent: isSilent)
    output.publish("execute_input", [("code", .string(code)), ("execution_count", .int(count))])
    var payload: [JSON] = []
    session.showPage = { payload.append(Shell.page($0)) }
    session.ask = { [self] in try ask($0, isSecret: $1, for: request) }
    defer { (session.showPage, session.ask) = (nil, nil) }
    let result = run(code, client: request.metadata["cellId"]?.text) { output.send($0) }
    output.end()
    var reply: [(String, JSON)] = [("execution_count", .int(count))]
    switch result {
    case .value(let value, let shown):
      if isStored { session.journal?.succeed() }
      if shown, let value { show(value, output, isStored: isStored) }
      let expressions = content["user_expressions"]?.members ?? []
      reply.append(("user_expressions", .object(expressions.map { ($0, evaluate($1.text ?? "")) })))
    case .failure(let diagnostic):
      let failure = Shell.failure(diagnostic)
      output.publish("error", failure)
      reply += failure + [("user_expressions", .object([]))]
      if content.bool("stop_on_error", default: true) { abortQueue() }
      return .object([("status", .string("error"))] + reply + [("payload", .array(payload))])
    }
    return ok(reply + [("payload", .array(payload))])
  }

  /// Runs a cell in the session, with the random numbers that it has in a headless run of the notebook.
  private func run(_ code: String, client: String?, output: (Output) -> Void) -> CellResult {
    guard let cell = Cell(text: code) else { return run(code, key: "no cell", output: output) }
    return cell.options.eval
      ? run(code, key: keys.key(cell, name: client), output: output) : .value(nil, shown: false)
  }

  private func run(_ code: String, key: String, output: (Output) -> Void) -> CellResult {
    session.run(
      Session.withLeadingHelp(code), name: "In[\(count)]", key: key, startsFresh: false, output: output)
  }

  private func show(_ value: Value, _ output: CellOutput, isStored: Bool) {
    let display = value.display(width: session.width)
    if isStored {
      history.end(output: display.text)
      session.journal?.note(display.text + "\n")
    }
    let bundle = MIMEBundle(display)
    let content = [("data", bundle.data), ("metadata", bundle.metadata)]
    // A picture needs no number beside it.
    if display.svg != nil || display.png != nil { return output.publish("display_data", content) }
    output.publish("execute_result", [("execution_count", .int(count))] + content)
  }

  /// The value of a user expression, which neither prints nor becomes the last value.
  private func evaluate(_ expression: String) -> JSON {
    let last = session.value(of: "_")
    defer { if let last { session.define("_", last) } }
    switch run(expression, key: "expression", output: { _ in }) {
    case .value(let value, _):
      let bundle = MIMEBundle((value ?? .none).display(width: session.width))
      return ok([("data", bundle.data), ("metadata", bundle.metadata)])
    case .failure(let diagnostic):
      return .object([("status", .string("error"))] + Shell.failure(diagnostic))
    }
  }

  private static func failure(_ diagnostic: Diagnostic) -> [(String, JSON)] {
    let lines = diagnostic.render(colour: true).split(separator: "\n", omittingEmptySubsequences: false)
    return [
      ("ename", .string(diagnostic.code)), ("evalue", .string(diagnostic.message)),
      ("traceback", .array(lines.map { .string(String($0)) })),
    ]
  }

  /// A page of help, which a client shows in a pager.
  private static func page(_ text: String) -> JSON {
    .object([
      ("source", .string("page")), ("start", .int(0)),
      ("data", .object([("text/plain", .string(text))])),
    ])
  }
}
