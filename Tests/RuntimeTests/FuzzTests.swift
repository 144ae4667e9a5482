import CKernels
import Foundation
import Syntax
import Tensor
import Testing

@testable import Runtime

extension RuntimeTests {
  /// Programs nobody would write: whatever they do, the process lives, ends them, and gives back the memory. The same for longer and
  /// guided by coverage: `Fuzz/run.sh`.
  @Suite struct FuzzTests {
    /// A fixed seed, and one of the day's, which a failure prints with its program.
    private static let seeds: [UInt64] = [2_024, UInt64(Date().timeIntervalSince1970)]

    /// Seconds each of the tests takes; continuous integration takes more.
    private static let duration =
      ProcessInfo.processInfo.environment["FAA_FUZZ_SECONDS"].flatMap(Double.init) ?? 4

    /// Stops a program that runs for longer than half a second; hanging is then a failure of the interpreter's polling.
    private static func run(_ programs: [String], seed: UInt64) {
      let finished = Mutable(false)
      let started = Mutable(Date())
      let watch = Thread {
        while !finished.value {
          Thread.sleep(forTimeInterval: 0.05)
          if started.value.timeIntervalSinceNow < -0.5 { faa_interrupt_set() }
        }
      }
      watch.start()
      defer { finished.value = true }
      let session = Session(commands: testCommands, seed: 1)
      for program in programs {
        started.value = Date()
        _ = session.run(program, name: "fuzz") { _ in }
        let elapsed = -started.value.timeIntervalSinceNow
        #expect(elapsed < 60, "seed \(seed): took \(elapsed) s:\n\(program)")
      }
    }

    @Test(arguments: seeds)
    func programs(seed: UInt64) {
      print("fuzzing the evaluator with seed \(seed)")
      var generator = ProgramGenerator(seed: seed)
      let start = Date()
      var before: Int?
      while -start.timeIntervalSinceNow < Self.duration {
        var programs: [String] = []
        for _ in 0..<20 {
          let program = generator.program()
          programs.append(generator.random(3) == 0 ? generator.mutated(program) : program)
        }
        Self.run(programs, seed: seed)
        // The session of the batch is gone, and all its tensors with it.
        let live = MemoryReport.now.live
        #expect(
          live <= before ?? live,
          "seed \(seed): \(live) bytes live after\n\(programs.joined(separator: "\n---\n"))")
        before = live
      }
    }

    @Test(arguments: seeds)
    func texts(seed: UInt64) throws {
      print("fuzzing the parser with seed \(seed)")
      let scripts = try scriptNames().map { try script($0) }
      var generator = ProgramGenerator(seed: seed)
      let start = Date()
      while -start.timeIntervalSinceNow < Self.duration {
        var text = scripts[generator.random(scripts.count)]
        for _ in 0..<generator.random(4) { text = generator.mutated(text) }
        let source = SourceText(text)
        let faults = Parser.faults(in: source)
        // Both ways of parsing agree on what is a program, and every message can be drawn.
        if case .complete = Parser.completeness(of: text) {
          #expect(faults.isEmpty, "seed \(seed):\n\(text)")
        } else {
          #expect(!faults.isEmpty, "seed \(seed):\n\(text)")
        }
        for fault in faults { #expect(!fault.render(width: 20 + generator.random(100)).isEmpty) }
      }
    }
  }
}

/// A variable two threads of a test look at.
final class Mutable<Content: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var content: Content
  init(_ content: Content) { self.content = content }
  var value: Content {
    get { lock.withLock { content } }
    set { lock.withLock { content = newValue } }
  }
}
