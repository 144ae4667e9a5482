import Runtime
import Syntax

/// `%save` and `%load`: a conversation becomes a notebook, a notebook is run in a conversation. `%seed` is what a notebook says in its
/// header, where runs and their caches look for it.
public let notebookMagics: [Magic] = [
  Magic(
    "seed", usage: "[number]",
    "Sets the seed of the random numbers that later cells draw, as a notebook's header does; without a number it prints the seed.",
    argument: .text
  ) { session, line in
    guard !line.isEmpty else {
      session.emit(.text("\(session.seed)\n"))
      return .none
    }
    guard let seed = UInt64(line) else {
      throw CommandError("InvalidArgument", "%seed: `\(line)` is no seed; write a whole number from 0")
    }
    session.seed = seed
    return .none
  },
  Magic(
    "save", usage: "file.faa [first-last]",
    "Writes what was entered, as far as it ran to its end, as a notebook.", argument: .path
  ) { session, line in
    var (path, selection) = try fileAndRest(line, "save")
    guard let journal = session.journal else {
      throw CommandError("NoHistory", "%save: this session keeps no history to write")
    }
    if !path.hasSuffix(".faa") { path += ".faa" }
    // The entry under way is this one.
    let numbers = journal.select(selection).filter { $0 < journal.entries.count }
    let cells = try SavedCells(numbers, of: journal, in: session).texts
    guard !cells.isEmpty else {
      throw CommandError(
        "NoHistory", "%save: there is nothing to write",
        help: "only entries that ran to their end are written")
    }
    try writing(path) { try replaceFile(path, with: Array(notebookText(of: cells).utf8)) }
    session.emit(.text("\(path): \(cells.count) cell\(cells.count == 1 ? "" : "s")\n"))
    return .none
  },
  Magic(
    "load", usage: "file.faa", "Runs a notebook's cells in this session; its parameters have their defaults.",
    argument: .path
  ) { session, line in
    let (path, _) = try fileAndRest(line, "load")
    let bytes = try writing(path) { try readFile(path) }
    for part in try programs(in: Document(parsing: bytes, name: path)) {
      let result = session.run(part.text, name: part.name, firstLine: part.firstLine, output: session.emit)
      switch result {
      case .value(let value, let shown):
        if shown, let value { session.emit(.display(value.display(width: session.width))) }
      case .failure(let diagnostic): throw diagnostic
      }
    }
    return .none
  },
]

/// A piece of program, what messages call it, and the number of its first line.
public typealias ProgramPart = (text: String, name: String, firstLine: Int)

/// What a notebook runs, in order: its parameters with their defaults, then its cells. Throws `CommandError` for a document that is not
/// well-formed or has a parameter without a default.
public func programs(in document: Document) throws -> [ProgramPart] {
  if let issue = document.staticIssues().first(where: { $0.severity == .error }) {
    throw CommandError("InvalidNotebook", issue.description)
  }
  let parameters: [ResolvedParameter]
  do {
    parameters = try resolveParameters(document.header.parameters, ParameterInput(directory: "."))
  } catch let error as UsageError {
    throw CommandError("MissingParameter", error.description, help: "`faa run` can be given it")
  }
  let definitions = parameters.map { "\($0.name) = \($0.value.literal);" }.joined(separator: "\n")
  return (parameters.isEmpty ? [] : [(definitions, document.name, 1)])
    + document.cells.filter(\.options.eval).map { ($0.code, "\(document.name)#\($0.address)", $0.codeLine) }
}

/// The text of a notebook with these cells.
func notebookText(of cells: [String]) -> String {
  cells.reduce("---\nfaa: 1\n---\n") { text, code in
    // A fence is longer than any run of its mark inside.
    let longest = code.split(whereSeparator: { $0 != "`" }).map(\.count).max() ?? 0
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return text + "\n\(fence)faa\n\(code)\(code.hasSuffix("\n") ? "" : "\n")\(fence)\n"
  }
}

/// The first word of a magic's line, which may be in quotes, and what follows it.
private func fileAndRest(_ line: String, _ magic: String) throws -> (path: String, rest: String) {
  let isQuoted = line.first == "\""
  let body = isQuoted ? line.dropFirst() : line[...]
  let end = body.firstIndex(of: isQuoted ? "\"" : " ") ?? body.endIndex
  guard body.startIndex < end else {
    throw CommandError("InvalidArgument", "%\(magic): name a file", help: "%\(magic) work.faa")
  }
  return (Folder.expanded(String(body[..<end])), String(body[end...].drop { $0 == "\"" || $0 == " " }))
}

private func writing<T>(_ path: String, _ body: () throws -> T) throws -> T {
  do { return try body() } catch let error as FileError { throw CommandError("FileError", error.description) }
}
