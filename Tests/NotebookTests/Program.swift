import Glibc
import Testing

@testable import Notebook

/// Runs the built `faa` beside the test program.
struct Program {
  var code: Int32 = -1
  var output = ""
  var errors = ""

  static let path: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
    let test = String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    return test.prefix(upTo: test.lastIndex(of: "/") ?? test.startIndex) + "/faa"
  }()

  /// - Parameter shell: arguments as a shell reads them, after `faa`; `$FAA` is the program.
  init(_ shell: String, in folder: String) throws {
    let script =
      "cd '\(folder)' && { \(shell.hasPrefix("|") ? String(shell.dropFirst()) : "$FAA " + shell); } >out 2>err"
    setenv("FAA", Self.path, 1)
    let status = system(script)
    code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
    output = String(decoding: try readFile(folder + "/out"), as: UTF8.self)
    errors = String(decoding: try readFile(folder + "/err"), as: UTF8.self)
  }
}

/// A new folder with a notebook in it.
func folder(_ notebook: String, named name: String = "n.faa") throws -> String {
  var template = Array("/tmp/faa-cli-XXXXXX".utf8CString)
  let made = try #require(mkdtemp(&template))
  let path = String(cString: made)
  try replaceFile("\(path)/\(name)", with: Array(notebook.utf8))
  return path
}
