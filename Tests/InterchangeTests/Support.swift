import Foundation
import Tensor

@testable import Interchange

/// A recorded file (Tests/Fixtures/interchange/make.py).
func fixture(_ name: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/interchange/\(name)").path
}

/// Calls `body` with a path that does not exist yet and is removed afterwards.
func withTemporaryFile<R>(_ body: (String) throws -> R) rethrows -> R {
  let path = FileManager.default.temporaryDirectory.appending(path: "faa-\(UUID().uuidString)").path
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

/// A safetensors file with this header and so many bytes of elements.
func safetensors(_ header: String, elements: Int) -> [UInt8] {
  withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    + [UInt8](repeating: 0, count: elements)
}
