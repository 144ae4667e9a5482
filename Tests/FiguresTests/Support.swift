import Foundation
import FoundationXML
import Testing

@testable import Figures

/// Tests that draw need the program; where it is missing they say so instead of failing.
let hasGnuplot: Bool = {
  do {
    _ = try Gnuplot.shared.version()
    return true
  } catch {
    print("gnuplot is not usable here, drawing tests are skipped: \(error)")
    return false
  }
}()

/// What an XML document holds, or the parser's complaint.
final class XML: NSObject, XMLParserDelegate {
  private(set) var names: [String] = []
  private(set) var attributes: [[String: String]] = []
  private(set) var texts: [String] = []
  private var current = ""

  init(_ text: String) throws {
    super.init()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    guard parser.parse() else {
      throw FigureError.gnuplotFailed("not well-formed: \(String(describing: parser.parserError))")
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes attributeDict: [String: String]
  ) {
    names.append(name)
    attributes.append(attributeDict)
    current = ""
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { current += string }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    if name == "text" || name == "title" { texts.append(current) }
    current = ""
  }
}

/// A directory that is gone after the test.
func withTemporaryDirectory(_ body: (String) throws -> Void) throws {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("faa-figures-\(UUID().uuidString)")
    .path
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  try body(path)
}
