import Figures
import Foundation
import Runtime

/// A figure is stored as its parts, so that what is drawn later needs no samples.
extension FigureObject: StorableObject {
  static var storedName: String { "Figure" }
  static var isChangeable: Bool { false }

  func store(_ writer: inout ByteWriter) throws {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    writer.blob(try encoder.encode(figure))
  }

  static func restored(_ reader: inout ByteReader) throws -> any HostObject {
    let bytes = Data(try reader.blob())
    guard let figure = try? PropertyListDecoder().decode(Figure.self, from: bytes) else {
      throw DamagedBytes()
    }
    return FigureObject(figure)
  }
}
