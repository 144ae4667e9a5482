import Foundation
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

/// Where the tests of this process have their folders, which go when it ends.
private let scratch: String = {
  var template = Array("/tmp/faa-tests-XXXXXX".utf8CString)
  guard let made = mkdtemp(&template) else { fatalError("no folder can be made in /tmp") }
  atexit { try? FileManager.default.removeItem(atPath: scratch) }
  return String(cString: made)
}()

/// A new folder.
func temporaryFolder() throws -> String {
  var template = Array("\(scratch)/XXXXXX".utf8CString)
  return String(cString: try #require(mkdtemp(&template)))
}

/// A new folder with a notebook in it.
func folder(_ notebook: String, named name: String = "n.faa") throws -> String {
  let path = try temporaryFolder()
  try replaceFile("\(path)/\(name)", with: Array(notebook.utf8))
  return path
}
