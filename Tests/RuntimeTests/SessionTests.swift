import CKernels
import CMachine
import Foundation
import Tensor
import Testing

@testable import Runtime

extension RuntimeTests {
  @Suite struct SessionTests {
    /// Runs cells one after the other; returns the text of the last value, the output, or the error's code.
    private func run(_ cells: String..., session: Session = Session(commands: testCommands, seed: 7))
      -> String
    {
      var text = ""
      for (index, cell) in cells.enumerated() {
        text = ""
        switch session.run(
          cell, name: "cell \(index)", output: { if case .text(let part) = $0 { text += part } })
        {
        case .value(let value?, shown: true): text += value.display().text
        case .value: break
        case .failure(let diagnostic): text += diagnostic.code
        }
      }
      return text
    }

    @Test func variablesLastValueAndFailure() {
      #expect(run("x = 2", "x * 3", "_ + 1") == "7")
      #expect(run("a = 1\nb = a // 0", "a") == "1")
      #expect(run("a = 1\nb = a // 0", "b") == "UnknownName")
      #expect(run("_") == "UnknownName")
    }

    @Test func redefinitionReachesOlderFunctions() {
      #expect(run("func g() { 1 }\nfunc f() { g() }", "func g() { 2 }", "f()") == "2")
    }

    @Test func definedParametersAndReset() {
      let session = Session(seed: 1)
      session.define("steps", .int(5))
      #expect(run("steps + 1", session: session) == "6")
      #expect(session.variables.map(\.name) == ["steps"])
      session.reset()
      #expect(run("steps", session: session) == "UnknownName")
    }

    @Test func randomNumbersDependOnSeedCellAndDraw() {
      let first = run("[draw(), draw()]")
      #expect(first == run("[draw(), draw()]"))
      #expect(run("(a, b) = (draw(), draw()); a == b") == "false")
      #expect(run("draw(seed: 3) == draw(seed: 3)") == "true")
      let other = Session(commands: testCommands, seed: 8)
      #expect(run("[draw(), draw()]", session: other) != first)
      // Another cell before changes nothing.
      let session = Session(commands: testCommands, seed: 7)
      _ = session.run("draw()", name: "elsewhere") { _ in }
      #expect(run("[draw(), draw()]", session: session) == first)
    }

    @Test func hostObjects() {
      #expect(run("c = Counter(); c.add(by: 2); c.add(); c.count") == "3")
      #expect(run("c = Counter(); c(2, times: 3)") == "6")
      #expect(run("c = Counter(); c[1, 2:3]") == "2")
      #expect(run("c = Counter(); c(3); [x * x for x in c]") == "[1, 4, 9]")
      #expect(run("c = Counter(); c.ad()") == "UnknownMember")
      #expect(run("c = Counter(); c.add(by: \"a\")") == "TypeMismatch")
      #expect(run("c = Counter(); c.add(by: -1)") == "OutOfRange")
      #expect(run("c = Counter(); [1, 2].map(c)") == "[1, 3]")
      #expect(run("c = Counter(); c") == "Counter at 0")
    }

    @Test(arguments: [
      ("fit(1, on: 2)", "10"), ("fit(1, 2, 3)", "3"), ("fit(on: 2, model: 1, epochs: 4)", "4"),
      ("fit(1, on: 2, epochs: 0)", "OutOfRange"),
      ("fit(1, on: 2, epochs: 1.5)", "TypeMismatch"), ("fit(1, on: 2, epochs: 2.0)", "2"),
      ("fit(1)", "MissingArgument"),
      ("fit(1, on: 2, epoch: 5)", "UnknownArgument"), ("fit(1, 2, on: 3)", "OutOfRange"),
      ("fit(1, on: 2, on: 3)", "DuplicateArgument"),
      ("fit(1, 2, 3, \"adam\", 5)", "TooManyArguments"),
      ("fit(1, on: 2, optimizer: \"rmsprop\")", "TypeMismatch"),
      ("f = fit; f(1, on: 2, epochs: 6)", "6"), ("f = fit; f(1, on: 2, epoch: 6)", "UnknownArgument"),
    ])
    func argumentChecking(call: String, result: String) {
      if call == "fit(1, 2, on: 3)" {
        // The second positional argument goes to the first free parameter after `on`.
        #expect(run(call) == "2")
      } else {
        #expect(run(call) == result)
      }
    }

    @Test func errorsReadAsInTheSpecification() throws {
      let session = Session(commands: testCommands, seed: 1)
      guard
        case .failure(let unknown) = session.run("fit(mae, on: train, epoch: 5)", name: "", output: { _ in })
      else {
        Issue.record("should fail")
        return
      }
      #expect(
        unknown.render() == """
          error: fit: no argument `epoch`
            │ fit(mae, on: train, epoch: 5)
            │                     ^^^^^
          help: did you mean `epochs`? fit(model, on, epochs: 10, optimizer: "adam")
          """)
      _ = session.run("X = tensor([[1.0, 2.0]]); w = tensor([[1.0], [2.0], [3.0]])", name: "") { _ in }
      guard case .failure(let shapes) = session.run("X @ w", name: "", output: { _ in }) else {
        Issue.record("should fail")
        return
      }
      let lines = shapes.render().split(separator: "\n")
      #expect(shapes.code == "ShapeMismatch")
      #expect(lines[1...3] == ["  │ X @ w", "  │ ^   ^ (3, 1)", "  │ (1, 2)"])
    }

    @Test func faultsKeepTheirPlaceAndTheCallsBetween() throws {
      let session = Session(commands: testCommands, seed: 1)
      _ = session.run("func inner(x) { 1 // x }\nfunc outer(x) { [x].map { y in inner(y) } }", name: "defs") {
        _ in
      }
      guard case .failure(let diagnostic) = session.run("outer(0)", name: "use", output: { _ in }) else {
        Issue.record("should fail")
        return
      }
      #expect(diagnostic.source?.name == "defs")
      #expect(diagnostic.trace.map(\.function) == ["inner", "map", "outer"])
    }

    @Test func interruptStopsLoopsAndCalls() {
      for program in [
        "while true { }", "func f(n) { f(0 * n) + 1 }\nwhile true { try f(1) else 0 }",
        "for i in 0..<(10 ** 15) { i }",
      ] {
        let stopper = Thread {
          while !Thread.current.isCancelled {
            Thread.sleep(forTimeInterval: 0.05)
            if !Thread.current.isCancelled { faa_interrupt_set() }
          }
        }
        stopper.start()
        let session = Session(seed: 1)
        let result = session.run("x = 1\n" + program, name: "") { _ in }
        stopper.cancel()
        while !stopper.isFinished { Thread.sleep(forTimeInterval: 0.01) }
        guard case .failure(let diagnostic) = result else {
          Issue.record("should be interrupted")
          continue
        }
        #expect(diagnostic.code == "Interrupted")
        #expect(session.value(of: "x")?.integer == 1)
        #expect(run("1 + 1", session: session) == "2")
      }
    }

    @Test func swiftCallsFunctionsOfTheLanguage() throws {
      let session = Session(seed: 1)
      _ = session.run("add = { x, y in x + y }\nfunc scale(x, by: 3) { x * by }", name: "") { _ in }
      guard case .function(let add)? = session.value(of: "add"),
        case .function(let scale)? = session.value(of: "scale")
      else {
        Issue.record("not functions")
        return
      }
      #expect(try add.call(.int(2), .int(3)).integer == 5)
      #expect(try scale.call(.int(2)).integer == 6)
      #expect(throws: CommandError.self) { try add.call(.int(1)) }
      #expect(throws: Diagnostic.self) { try add.call(.int(1), .none) }
      #expect(add.arity == 2 && scale.arity == 1)
    }

    /// The machine's loop reads values from memory as `CMachine` describes them.
    @Test func valuesLieInMemoryAsTheLoopReadsThem() throws {
      #expect(MemoryLayout<Value>.size == 9 && MemoryLayout<Value>.stride == MemoryLayout<FaaValue>.stride)
      let (text, record, function) = (
        StringBox("s"), RecordBox([("a", .int(1))]), FunctionBox(native: Command("f", "") { _ in .none })
      )
      let values: [(Value, Int, AnyObject?)] = [
        (.bool(true), FaaTagBool, nil), (.int(-7), FaaTagInt, nil), (.float(2.5), FaaTagFloat, nil),
        (.string(text), FaaTagString, text), (.record(record), FaaTagRecord, record),
        (.function(function), FaaTagFunction, function), (.none, FaaTagNone, nil),
      ]
      for (value, tag, object) in values {
        Self.withLayout(value) {
          #expect(Int($0.tag) == tag)
          if let object { #expect($0.object == Unmanaged.passUnretained(object).toOpaque()) }
        }
      }
      let others = [
        Value.list([]), .tuple([]), .range(RangeBox(0, 1)), .tensor(try Tensor([1.0])), .object(Counter()),
      ]
      for value in others {
        Self.withLayout(value) { #expect((FaaTagString...FaaTagObject).contains(Int($0.tag))) }
      }
      Self.withLayout(.list([])) { #expect(Int($0.tag) == FaaTagList) }
      Self.withLayout(.bool(true)) { #expect($0.integer & 1 == 1) }
      Self.withLayout(.bool(false)) { #expect($0.integer & 1 == 0) }
      Self.withLayout(.int(-7)) { #expect($0.integer == -7) }
      Self.withLayout(.float(2.5)) { #expect($0.number == 2.5) }
    }

    private static func withLayout(_ value: Value, _ body: (FaaValue) -> Void) {
      var value = value
      withUnsafePointer(to: &value) {
        $0.withMemoryRebound(to: FaaValue.self, capacity: 1) { body($0.pointee) }
      }
    }

    @Test func functionsLieInMemoryAsTheLoopReadsThem() throws {
      let session = Session(commands: testCommands)
      guard
        case .value(.function(let closure)?, _) = session.run(
          "({ k in { x, y in x + k } })(3)", name: "f", output: { _ in })
      else {
        Issue.record("no closure")
        return
      }
      for function in [closure, FunctionBox(native: Command("f", "") { _ in .none })] {
        let layout = Unmanaged.passUnretained(function).toOpaque().assumingMemoryBound(to: FaaFunction.self)
        #expect(layout.pointee.parameter_count == function.parameterCount)
        #expect(layout.pointee.code == function.code?.layout)
        #expect(layout.pointee.captures == UnsafeMutableRawPointer(function.captures))
      }
      #expect(closure.code?.layout.pointee.register_count == closure.code?.registerCount)
    }

    /// The loop finds elements of lists and fields of records in the buffers of arrays, and changes them where nobody else holds them.
    @Test func arraysLieInMemoryAsTheLoopReadsThem() throws {
      for count in [1, 2, 7, 1000] {
        let result = Session(commands: testCommands).run(
          """
          func f() {
            var xs = []
            for i in 0..<\(count) { xs.append(i * 3) }
            let kept = xs
            var r = {first: xs[0], last: xs[len(xs) - 1], text: "a"}
            xs[\(count) - 1] = "new"
            let before = r
            r.last = "changed"
            (kept == [i * 3 for i in 0..<\(count)], xs[\(count) - 1], len(xs), before.last, r.last, r.text)
          }
          f() == (true, "new", \(count), (\(count) - 1) * 3, "changed", "a")
          """, name: "lists", output: { _ in })
        guard case .value(.bool(true)?, _) = result else {
          Issue.record("\(count): \(result)")
          continue
        }
      }
    }

    @Test func listsGrowInPlace() {
      // Quadratic copying would take minutes.
      #expect(
        run("xs = []\nfor i in 0..<200000 { xs.append(i) }\nfor i in 0..<200000 { xs[i] = 0 }\nsum(xs)")
          == "0")
      #expect(
        run("func f() { var xs = []\n for i in 0..<200000 { xs.append(i); xs[i] = 1 }\n sum(xs) }\nf()")
          == "200000")
    }
  }
}
