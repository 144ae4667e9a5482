import ArgumentParser
import Glibc
import Notebook

/// Reads and parses a notebook; `-` is standard input. Throws `FileError` when it cannot be read.
func readNotebook(_ path: String) throws -> Document {
  Document(parsing: try readFile(path), name: path == "-" ? "<stdin>" : path)
}

/// Prints findings, one line each, to standard error.
func report(_ issues: [Issue]) {
  for issue in issues { Console.error(issue.description + "\n") }
}

/// The folder a path is in; `.` for a bare name.
func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// The caller's folder.
func currentFolder() -> String {
  guard let path = getcwd(nil, 0) else { return "." }
  defer { free(path) }
  return String(cString: path)
}

/// A path that stays the same when the folder changes.
func absolute(_ path: String) -> String {
  path.hasPrefix("/") ? path : currentFolder() + "/" + path
}

/// The files a command was given; a name that looks like a flag came after `--` and is refused rather than ignored.
func checkNames(_ names: [String]) throws {
  if let flag = names.first(where: { $0.hasPrefix("-") && $0 != "-" }) {
    throw UsageError("`\(flag)` after -- is not a notebook; put flags before --, or write ./\(flag)")
  }
}

/// The first non-zero code in order of the arguments.
func firstFailure(_ codes: [Int32]) -> Int32 { codes.first { $0 != 0 } ?? 0 }

/// Parses a notebook and hands it on; exit code 127, a required file missing, when it cannot be read.
func withNotebook(_ path: String, _ body: (Document) throws -> Int32) throws -> Int32 {
  let document: Document
  do {
    document = try readNotebook(path)
  } catch let error as FileError {
    let file = path + ".faa"
    let hint = error.errno == ENOENT && access(file, F_OK) == 0 ? "; did you mean \(file)?" : ""
    Console.error("faa: error: \(error)\(hint)\n")
    return 127
  }
  return try body(document)
}
