import ArgumentParser
import Glibc
import Notebook

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

/// Throws `UsageError` for a file that could not be written later.
func checkWritable(_ path: String) throws {
  var info = stat()
  let isFolder = stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
  guard !isFolder, access(folder(of: path), W_OK) == 0 else {
    let reason = isFolder ? EISDIR : errno
    throw UsageError("cannot write \(path): \(String(cString: strerror(reason)))")
  }
}

/// The files a command was given; a name that looks like a flag came after `--` and is refused rather than ignored.
func checkNames(_ names: [String]) throws {
  if let flag = names.first(where: { $0.hasPrefix("-") && $0 != "-" }) {
    throw UsageError("`\(flag)` after -- is not a notebook; put flags before --, or write ./\(flag)")
  }
}

/// The first non-zero code in order of the arguments.
func firstFailure(_ codes: [Int32]) -> Int32 { codes.first { $0 != 0 } ?? 0 }

/// The bytes of a notebook; nil, and said why, where it cannot be read.
func bytesOrReport(_ path: String) -> [UInt8]? {
  do {
    return try readFile(path)
  } catch {
    let file = path + ".faa"
    let hint = access(path, F_OK) != 0 && access(file, F_OK) == 0 ? "; did you mean \(file)?" : ""
    Console.error("faa: error: \(error)\(hint)\n")
    return nil
  }
}

/// Parses a notebook and hands it on; exit code 127, a required file missing, when it cannot be read.
func withNotebook(_ path: String, _ body: (Document) throws -> Int32) throws -> Int32 {
  guard let bytes = bytesOrReport(path) else { return 127 }
  return try body(Document(parsing: bytes, name: path == "-" ? "<stdin>" : path))
}
