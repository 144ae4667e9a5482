import CKernels
import Foundation
import Tensor
import Testing

@testable import Runtime

extension RuntimeTests {
  /// Ctrl-C at any moment: the cell stops, its variables are those of a completed statement, and nothing leaks.
  @Suite struct InterruptTests {
    /// Cells that run for ever, and what holds of their variables between any two statements.
    private static let loops = [
      // Gradient descent: every step moves w towards 3, and n counts the steps.
      (
        """
        slope = grad({ w in sum((w - 3.0) ** 2) })
        (w, n) = (tensor([0.0, 1.0, 5.0]), 0)
        while true { (w, n) = (w - 0.25 * slope(w), n + 1) }
        """, "isClose(w - 3.0, tensor([-3.0, -2.0, 2.0]) * 0.5 ** n, atol: 1e-5)"
      ),
      // Tensors in a list that grows and is thrown away.
      (
        """
        (xs, n) = ([], 0)
        while true {
          if len(xs) > 20 { (xs, n) = ([], 0) }
          x = tensor([1.0, 2.0]) @ tensor([[1.0, 0.0], [0.0, 1.0]])
          xs.append(x + float(n))
          n = n + 1
        }
        """, "n - len(xs) == 0 || n - len(xs) == -1"
      ),
      // Calls, closures, records and strings.
      (
        """
        func f(k) { if k == 0 { 0 } else { 1 + f(k - 1) } }
        r = {depth: 0, text: "", twice: 0}
        while true {
          r.depth = f(r.depth % 50 + 1)
          r.text = "\\(r.depth, format: "03d")"
          r.twice = sum([1, 1].map { x in x * r.depth })
        }
        """, "len(r.text) == 3 || r.text == \"\""
      ),
    ]

    private static func openFiles() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    @Test(arguments: loops.indices)
    func atRandomMoments(index: Int) throws {
      let (cell, invariant) = Self.loops[index]
      var generator = ProgramGenerator(seed: 11)
      let (files, live) = (try Self.openFiles(), MemoryReport.now.live)
      do {
        let session = Session(commands: testCommands, seed: 1)
        // Another thread interrupts again and again until told to stop, each time after a random pause.
        let delays = (0..<334).map { _ in Double(generator.random(2_000)) * 1e-6 }
        for delay in delays {
          let stopper = Thread {
            Thread.sleep(forTimeInterval: delay)
            // The cell clears a request from before it began, so the request is repeated until it has ended.
            while !Thread.current.isCancelled {
              faa_interrupt_set()
              Thread.sleep(forTimeInterval: 1e-4)
            }
          }
          stopper.start()
          let result = session.run(cell, name: "loop") { _ in }
          stopper.cancel()
          while !stopper.isFinished { Thread.sleep(forTimeInterval: 1e-5) }
          guard case .failure(let diagnostic) = result else {
            Issue.record("the loop ended by itself")
            return
          }
          #expect(diagnostic.code == "Interrupted", "\(diagnostic.render())")
          // Stopped before its first line, a cell has no variables yet.
          guard let last = session.variables.last?.name, last != "slope", last != "f" else { continue }
          guard case .value(let value, _) = session.run(invariant, name: "check", output: { _ in }),
            case .bool(true)? = value
          else {
            Issue.record("after \(delay) s: \(session.variables.map { "\($0.name) = \($0.value.brief())" })")
            return
          }
        }
      }
      // What tests before have left may be let go of meanwhile.
      #expect(MemoryReport.now.live <= live)
      #expect(try Self.openFiles() <= files)
    }

    /// LAPACK cannot be asked to stop: the call is left behind, and the session goes on as after any other interrupt.
    @Test func duringOneLongCall() throws {
      let begun = DispatchSemaphore(value: 0)
      let svd = Command("svd", "", [.required("x", .tensor)]) { a in
        begun.signal()
        return .tensor(try a.tensor("x").singularValues().values)
      }
      let order = Command("order", "", [.required("x", .tensor)]) { a in
        begun.signal()
        return .tensor(try a.tensor("x").argSort())
      }
      let live = MemoryReport.now.live
      do {
        let session = Session(commands: testCommands + [svd, order])
        session.define(
          "x", .tensor(try Tensor.arange(0, 1_440_000).sin().reshaped([1200, 1200])))
        session.define("y", .tensor(try Tensor.arange(0, 6_000_000).sin()))
        for call in ["svd(x)", "order(y)"] {
          let stopper = Thread {
            begun.wait()
            Thread.sleep(forTimeInterval: 0.05)
            while !Thread.current.isCancelled {
              faa_interrupt_set()
              Thread.sleep(forTimeInterval: 1e-3)
            }
          }
          stopper.start()
          let result = session.run("n = 1; s = \(call); n = 2", name: "long") { _ in }
          let leftBehind = faa_abandoned_tasks()
          stopper.cancel()
          while !stopper.isFinished { Thread.sleep(forTimeInterval: 1e-3) }
          guard case .failure(let diagnostic) = result else {
            Issue.record("\(call) was not interrupted")
            continue
          }
          #expect(diagnostic.code == "Interrupted", "\(diagnostic.render())")
          #expect(leftBehind > 0)
          #expect(session.value(of: "n")?.integer == 1 && session.value(of: "s") == nil)
          // While the thread goes on, the session computes, on the thread pool as well.
          guard
            case .value(.bool(true)?, _) = session.run(
              "sum(x * 0.0 + 1.0) == 1440000.0 && max(svd(x[0:2, 0:2])) > 0.0", name: "after",
              output: { _ in })
          else {
            Issue.record("the session does not go on after \(call)")
            continue
          }
          begun.wait()
        }
        // Nobody asserts how long that takes; a hang would end the whole run.
        while faa_abandoned_tasks() > 0 { Thread.sleep(forTimeInterval: 0.01) }
      }
      #expect(MemoryReport.now.live == live)
    }
  }
}
