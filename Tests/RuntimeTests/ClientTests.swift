import Testing

@testable import Runtime

extension RuntimeTests {
  /// What the prompt and the notebook ask of a session: completion, help, magics; and that nothing crashes it.
  @Suite struct ClientTests {
    private let session: Session = {
      let session = Session(commands: testCommands, seed: 1)
      _ = session.run(
        "config = {rate: 1, runs: [1], inner: {deep: 2}}; learning = 1; λ = 2; func step(w, size: 1) { w }",
        name: ""
      ) { _ in }
      return session
    }()

    @Test(arguments: [
      ("lear", "learning"), ("x = lear", "learning"), ("config.ra", "rate"), ("config.inner.de", "deep"),
      ("fit(m, ep", "epochs:"),
      ("step(1, si", "size:"), ("\\lambda", "λ"), ("x\\nabla", "∇"), ("\\λ", "\\lambda"),
      ("\\alp", "\\alpha"),
      ("%ti", "time"),
      ("config.runs.ma", "map"), ("prin", "print"), ("LEAR", "learning"), ("x\\hat", "\u{302}"),
    ])
    func completion(line: String, first: String?) {
      let (range, candidates) = session.completions(line, cursor: line.utf8.count)
      #expect(candidates.first == first)
      #expect(range.upperBound == line.utf8.count)
    }

    @Test func completionReplacesTheWordOnly() {
      let (range, candidates) = session.completions("λ + lear + 1", cursor: 9)
      #expect(candidates == ["learning"])
      #expect(range == 5..<9)
      #expect(session.completions("", cursor: 99).range == 0..<0)
    }

    @Test func everyGreekLetterCompletes() {
      for name in [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
        "nu", "xi",
        "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
      ] {
        for word in [name, name.prefix(1).uppercased() + name.dropFirst()] {
          let candidates = session.completions("\\" + word, cursor: word.count + 1).candidates
          #expect(candidates.count == 1 && candidates[0].count == 1, "\(word)")
        }
      }
    }

    @Test func helpPages() throws {
      let page = try #require(session.help("fit"))
      #expect(
        page == """
          fit(model, on, epochs: 10, optimizer: "adam")

          Fits a model.

            model      the model (any value)
            on         the data (any value)
            epochs     passes over the data (an integer, default 10)
            optimizer  the method (one of "adam", "sgd", default "adam")

          Returns a run.
          Fails with OutOfRange: when epochs is below 1.
          Effects: changes model, draws random numbers.

          Example:
            fit(1, on: 2, epochs: 3)
          """)
      #expect(session.help("step") == "step(w, size: 1)\n\nfunc step(w, size: 1) { w }")
      #expect(session.help("nothing like it") == nil)
    }

    /// Every command of the language explains itself, and its example runs and gives what it says.
    @Test(arguments: coreCommands.map(\.name))
    func coreCommandIsDocumented(name: String) throws {
      let command = try #require(session.command(name))
      #expect(!command.summary.isEmpty && command.summary.hasSuffix(".") && !command.example.isEmpty)
      #expect(command.parameters.allSatisfy { !$0.doc.isEmpty })
      var printed = ""
      switch session.run(
        command.example, name: "example", output: { if case .text(let text) = $0 { printed += text } })
      {
      case .failure(let diagnostic): Issue.record("\(diagnostic.render())")
      case .value(let value, _):
        guard let comment = command.example.range(of: "  # ").map({ command.example[$0.upperBound...] })
        else {
          return
        }
        let text = printed.isEmpty ? value?.display().text ?? "none" : String(printed.dropLast())
        #expect(text == comment)
      }
    }

    @Test func questionMarkAndTiming() {
      func output(_ source: String) -> String {
        var text = ""
        if case .failure(let diagnostic) = session.run(
          source, name: "", output: { if case .text(let part) = $0 { text += part } })
        {
          return diagnostic.code
        }
        return text
      }
      #expect(output("?print").hasPrefix("print(values…"))
      #expect(output("?prin").hasPrefix("  print  Writes values"))
      #expect(output("?pirnt") == "UnknownName")
      #expect(output("%time 1 + 1").hasPrefix("wall "))
      #expect(output("%timeit 1 + 1").contains("± "))
      session.add([
        Magic("shout", "Shouts.") { session, line in
          session.emit(.text(line.uppercased()))
          return .none
        }
      ])
      #expect(output("%shout it's [open # not heard") == "IT'S [OPEN")
    }

    /// Random programs from tokens and bytes, run with a small budget of loops: any result will do, a crash will not.
    @Test func fuzz() {
      var state: UInt64 = 4242
      func random(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
      }
      let words = [
        "x", "y", "f", "1", "0", "-1", "2.5", "\"s\"", "[1, 2]", "(1, 2)", "{a: 1}", "{ x in x }", "none",
        "true", "tensor([1.0, 2.0])", "0..<3",
        "+", "-", "*", "/", "//", "%", "**", "@", "==", "<", "&&", "||", "??", "|>", "!", ".", ",", "=", "(",
        ")", "[", "]", "{", "}", ":",
        "...", "\n", ";", "if", "else", "for", "in", "let", "var", "func", "return", "try", "break", "len",
        "map", "sum", "max", "sorted", "append",
        "T", "shape", "count", "print", "list", "_",
      ]
      let statements = [
        "x = 1", "y = [1, 2, 3]", "f = { a in a }", "x = y", "y[0] = x", "y.append(x)", "x = f(y)",
        "x = x + 1",
        "y = tensor([1.0, 2.0])",
        "y[-1] = 3", "(x, y) = (y, x)", "x = [x, x]", "x = try y[5] else y", "for i in y { x = i }",
        "if x == y { x = 2 }", "x = y[::-1]",
        "f = { a in [a].map(f) }", "x = {a: x}", "x = x.a", "y = y ** 2", "x = -y", "x = \"\\(y)\"",
        "x = y @ y", "x = [a for a in y if a == x]",
      ]
      for _ in 0..<3000 {
        let session = Session(seed: 1)
        let tokens = (0..<random(14)).map { _ in words[random(words.count)] }.joined(separator: " ")
        _ = session.run(tokens, name: "fuzz") { _ in }
        for _ in 0..<6 {
          _ = session.run(statements[random(statements.count)], name: "fuzz") { _ in }
        }
      }
    }
  }
}
