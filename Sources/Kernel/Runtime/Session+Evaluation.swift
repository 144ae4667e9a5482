import Syntax

extension Session {
  /// Parses, compiles and runs a cell.
  func evaluate(_ source: SourceText) -> CellResult {
    let cell: Block
    do throws(SyntaxFailure) { cell = try Parser.parse(source) } catch { return .failure(error.diagnostic) }
    do {
      let context = CompilationContext(source: source, machine: machine, commands: commands, cell: cell)
      let code = try FunctionCompiler.compile(cell, in: context)
      let function = FunctionBox(code: code, captures: [], machine: machine)
      let value = try Machine.$running.withValue(machine) { try machine.call(function, code, []) }
      return finish(value, cell)
    } catch let diagnostic as Diagnostic {
      return .failure(diagnostic)
    } catch let error as CommandError {
      return .failure(Diagnostic(code: error.code, error.message, help: error.help, source: source))
    } catch {
      return .failure(Diagnostic(code: "\(type(of: error))", "\(error)", source: source))
    }
  }

  /// Keeps the value for `_` and decides whether it is shown.
  private func finish(_ value: Value, _ cell: Block) -> CellResult {
    guard let last = cell.statements.last else { return .value(nil, shown: false) }
    // `%time x = f()` is an assignment.
    if case .magic(let node) = last.kind, node.target != nil { return .value(nil, shown: false) }
    switch last.kind {
    case .expression, .magic:
      if case .none = value { return .value(value, shown: false) }
      // In a conversation `__` is the value before the last one.
      if let journal {
        if let before = machine.globals.value(of: "_") { machine.globals.define("__", before) }
        journal.keep(value)
      }
      machine.globals.define("_", value)
      return .value(value, shown: !last.isSilenced)
    default: return .value(nil, shown: false)
    }
  }
}
