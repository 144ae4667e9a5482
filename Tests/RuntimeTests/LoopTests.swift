import CMachine
import Tensor
import Testing

@testable import Runtime

extension RuntimeTests {
  /// The C loop, the Swift loop that stands in for it where values lie in memory otherwise, and what both give back.
  @Suite struct LoopTests {
    @Test func valuesLieAsTheLoopReadsThem() { #expect(LoopLayout.holds) }

    @Test(arguments: scriptNames())
    func runsWithoutTheLoop(name: String) throws {
      let session = Session(commands: testCommands, seed: 1)
      session.machine.usesLoop = false
      try Program(script(name), name: name).check(in: session)
    }

    /// Runs cells one after the other in a session of their own, and says whether its interpreter is gone when the session is.
    private func isFreed(after cells: [String], usesLoop: Bool = true) -> Bool {
      weak var machine: Machine?
      do {
        let session = Session(commands: testCommands, seed: 1)
        session.machine.usesLoop = usesLoop
        machine = session.machine
        for cell in cells {
          if case .failure(let diagnostic) = session.run(cell, name: "cell", output: { _ in }) {
            Issue.record("\(diagnostic.message)")
          }
        }
      }
      return machine == nil
    }

    @Test(
      arguments: [
        ["func outer(k) { func inner(n) { if n == 0 { 0 } else { inner(n - 1) } }; inner(k) }", "outer(3)"],
        ["func f() { var g = none; g = { g }; g }", "x = f()", "x = 1"],
        ["func f() { var g = none; g = { g }; g }", "x = f()"],
        [
          "func f() { var r = {a: [none]}; r.a[0] = { r }; let t = (r, 1); { t } }",
          "xs = [f() for i in 0..<5]",
        ],
        ["func f() { var xs = []; for i in 0..<3 { xs.append({ xs }) }; xs }", "f(); f()"],
      ], [true, false])
    func circlesGo(cells: [String], usesLoop: Bool) { #expect(isFreed(after: cells, usesLoop: usesLoop)) }

    /// The result takes the place of the last reference to the function that gives it, and to its code.
    @Test func aFunctionGoesWhenItReturns() {
      let session = Session(commands: testCommands, seed: 1)
      let cells = [
        """
        func maker(k) {
          var held = [{ x in let parts = [x, k, "text"]; parts }]
          { let f = held[0]; held = []; f }
        }
        takes = [maker(i) for i in 0..<50]
        maker = 0
        """,
        "[take()(i) for (i, take) in enumerate(takes)] == [[i, i, \"text\"] for i in 0..<50]",
      ]
      var last: Value?
      for cell in cells {
        guard case .value(let value, _) = session.run(cell, name: "cell", output: { _ in }) else {
          Issue.record("fault")
          return
        }
        last = value
      }
      #expect(last?.brief() == "true")
    }

    /// Cells that nothing holds any more go at the end of the run, and what they held with them.
    @Test func circlesGoWhileTheSessionLives() {
      let session = Session(commands: testCommands, seed: 1)
      let before = MemoryReport.now.live
      for _ in 0..<20 {
        let result = session.run(
          "func f() { var x = tensor([i * 1.0 for i in 0..<100000]); var g = none; g = { x = x + 1; g }; 0 }\nf()",
          name: "cell", output: { _ in })
        guard case .value = result else {
          Issue.record("fault")
          return
        }
      }
      #expect(MemoryReport.now.live - before < 2_000_000)
    }
  }
}
