import Foundation
import Testing

@testable import Jupyter

/// The transcript that the prompt and `faa run` are held to as well.
@Suite("One transcript, every client", .serialized)
struct TranscriptTests {
  struct Exchange: Decodable {
    let input: String
    let shows, error, code: String?
  }

  @Test func theKernelAnswersAsThePromptDoes() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/terminal/transcript.json")
    let exchanges = try JSONDecoder().decode([Exchange].self, from: Data(contentsOf: file))
    #expect(!exchanges.isEmpty)
    let client = try Client()
    for exchange in exchanges {
      let answer = try client.execute(exchange.input)
      let shown = answer.text() + (answer.value ?? "")
      #expect(shown == exchange.shows ?? "", "\(exchange.input)")
      #expect(answer.reply["ename"]?.text == exchange.code, "\(exchange.input)")
      if let error = exchange.error {
        #expect(answer.reply["evalue"]?.text?.hasPrefix(error) == true, "\(exchange.input)")
      }
    }
  }
}
