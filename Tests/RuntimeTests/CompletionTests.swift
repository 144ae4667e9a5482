import Foundation
import Testing

@testable import Runtime

extension RuntimeTests {
  /// What Tab offers, told from the text alone.
  @Suite struct CompletionTests {
    private let session: Session = {
      let session = Session(commands: testCommands, seed: 1)
      session.pages["keys"] = "Keys"
      _ = session.run(
        "config = {rate: 1, \"two words\": 2}; learning = 1; func step(w, size: 1) { w }", name: ""
      ) { _ in }
      return session
    }()

    private func candidates(_ line: String) -> [String] {
      session.completions(line, cursor: line.utf8.count).candidates
    }

    @Test(arguments: [
      ("fit(1, optimizer: \"a", ["adam"]), ("fit(1, optimizer: \"", ["adam", "sgd"]),
      ("fit(1, optimizer: ", ["\"adam\"", "\"sgd\""]), ("fit(1, 2, 3, \"s", ["sgd"]),
      ("fit(1, on: g(2), ep", ["epochs:"]), ("x = [fit(1, ep", ["epochs:"]), ("step(1, ", ["size:", "w:"]),
      ("\"\\(lear", ["learning"]), ("# lear", []), ("\\alph", ["α"]), ("x\\theta^*", ["θ⋆"]),
      ("e\\_1", ["₁"]),
      ("?step", ["step"]), ("?ke", ["keys"]), ("?%ti", ["%time", "%timeit"]), ("%pro", ["profile"]),
      ("%vars lea", ["learning"]), ("%time lear", ["learning"]), ("config[\"r", ["rate"]), ("\"lear", []),

      ("nosuch.x", []), ("\\nosuchname", []),
    ])
    func offered(line: String, expected: [String]) {
      #expect(candidates(line) == (line == "\\alph" ? ["\\alpha"] : expected))
    }

    @Test func severalSymbols() {
      let (range, found) = session.completions("x\\thet", cursor: 6)
      #expect(range == 1..<6 && found == ["\\theta"])
      #expect(candidates("\\var").contains("\\varepsilon"))
      #expect(Session.listed("\\theta") == "\\theta θ" && Session.listed("\\hat") == "\\hat ◌\u{302}")
      #expect(Session.listed("sum") == "sum")
    }

    @Test func paths() throws {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("faa-\(UUID())").path
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try FileManager.default.createDirectory(atPath: folder + "/images", withIntermediateDirectories: true)
      for name in ["data one.csv", "model.faa", ".hidden"] {
        try Data().write(to: URL(fileURLWithPath: folder + "/" + name))
      }
      #expect(candidates("load(\"\(folder)/") == ["data one.csv", "images/", "model.faa"])
      #expect(candidates("load(\"\(folder)/.h") == [".hidden"])
      #expect(candidates("%cd \(folder)/im") == ["images/"])
      #expect(candidates("load(\"\(folder)/nowhere/") == [])
      let line = "load(\"\(folder)/im"
      #expect(session.completions(line, cursor: line.utf8.count).range.count == 2)
    }

    /// Any text and any cursor give candidates for a part of the text, and nothing else happens.
    @Test func anything() {
      var state: UInt64 = 11
      func random(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
      }
      let pieces = [
        "fit(", "\"", "\\(", "\\", "λ", "^{", "%", "?", ".", "config", "[", ")", "}", " ", "\n", "#", "%cd ",
        ":", ",", "_1",
      ]
      for _ in 0..<2000 {
        let line = (0..<random(12)).map { _ in pieces[random(pieces.count)] }.joined()
        let cursor = random(line.utf8.count + 3)
        let range = session.completions(line, cursor: cursor).range
        #expect(
          range.lowerBound >= 0 && range.upperBound <= cursor && cursor - range.upperBound < 4
            || range.upperBound == line.utf8.count, "\(line)")
      }
      #expect(session.variables.count == 3)
    }
  }
}
