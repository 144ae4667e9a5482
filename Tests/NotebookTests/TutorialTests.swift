import Foundation
import Testing

@testable import Notebook

/// The course as a reader meets it; `make notebooks` runs its cells.
@Suite struct TutorialTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("tutorials")

  static let names: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".faa") }.sorted()

  @Test func thereAreTwelve() { #expect(Self.names.count >= 12) }

  /// No formula or link that the page cannot show, and the answer hidden.
  @Test(arguments: names)
  func becomesAPage(_ name: String) throws {
    let bytes = Array(try Data(contentsOf: Self.folder.appendingPathComponent(name)))
    let document = Document(parsing: bytes, name: name)
    #expect(document.issues == [])
    let page = HTMLPage(document, nil)
    #expect(page.warnings == [])
    #expect(page.html.contains("<details class=\"answer\">"))
    #expect(document.cells.contains { $0.options.label == "check" })
    for cell in document.cells where cell.options.caption != nil {
      #expect(cell.options.alt != nil, "\(name): \(cell.address) has no alternative text")
    }
  }

  /// Each file is in the index, and what the index and the tutorials link to exists.
  @Test func isLinkedThroughout() throws {
    let index = try String(contentsOf: Self.folder.appendingPathComponent("README.md"), encoding: .utf8)
    for name in Self.names { #expect(index.contains("(\(name))"), "\(name) is not in the index") }
    for file in Self.names + ["README.md"] {
      let text = try String(contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
      for link in text.matches(of: /\]\(([^):#]+)\)/) {
        let target = Self.folder.appendingPathComponent(String(link.1))
        #expect(FileManager.default.fileExists(atPath: target.path), "\(file): \(link.1)")
      }
    }
  }
}
