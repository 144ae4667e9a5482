import Foundation
import Runtime
import Testing

@testable import Commands

@Suite("Variables in a file") struct StoreTests {
  private func run(_ source: String, in session: Session) -> (
    text: String, warnings: [String], failure: String?
  ) {
    var (text, warnings): (String, [String]) = ("", [])
    let result = session.run(source, name: "store") { output in
      if case .text(let part) = output { text += part }
      if case .warning(let warning) = output { warnings.append(warning) }
    }
    if case .failure(let diagnostic) = result { return (text, warnings, diagnostic.code) }
    return (text, warnings, nil)
  }

  private func session() -> Session {
    let session = Session(commands: allCommands)
    session.add(sessionMagics)
    return session
  }

  @Test("what can be stored comes back, what cannot is named") func roundTrip() {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("faa-\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let first = session()
    let program = """
      w = tensor([[1.5, -2.0]]); mask = tensor([true, false]); n = -3; rate = 1e-3; odd = [nan, inf, -inf]
      name = "a \\"b\\"\\n\\u{3bb}"; parts = (w, {"two words": [1, (2,)], w: w}); r = 2..<5; nothing = none
      func twice(x) { x * 2 }
      square = { x in x ** 2 }
      scale = 3
      func outer(k) { { x in x * k } }
      held = outer(2)
      model = ViT()
      """
    #expect(run(program, in: first).failure == nil)
    let stored = run("%store \(path)", in: first)
    #expect(stored.failure == nil && stored.text.hasSuffix(": 13 variables\n"), "\(stored)")
    #expect(stored.warnings == ["not stored: `held` (function), `model` (ViT)"])

    let second = session()
    #expect(run("%restore \"\(path)\"", in: second).failure == nil)
    #expect(
      Set(second.variables.map(\.name)) == Set(first.variables.map(\.name)).subtracting(["held", "model"]))
    for name in ["w", "mask", "n", "rate", "odd", "name", "r", "nothing"] {
      let (a, b) = (first.value(of: name)?.display().text, second.value(of: name)?.display().text)
      #expect(a == b, "\(name)")
    }
    let check = run("print(twice(4), square(5), parts[1][\"two words\"][1][0], parts[1].w == w)", in: second)
    #expect(check.text.hasPrefix("8 25 2 "), "\(check)")
    #expect(run("%store \(path) n", in: first).text.hasSuffix(": 1 variable\n"))
  }

  @Test func mistakes() {
    let session = session()
    #expect(run("%store", in: session).failure == "InvalidArgument")
    #expect(run("%store /tmp/x nosuch", in: session).failure == "UnknownName")
    #expect(run("%restore /no/such/file", in: session).failure != nil)
  }
}
