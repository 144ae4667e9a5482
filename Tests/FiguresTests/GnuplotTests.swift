import Foundation
import Testing

@testable import Figures

@Suite("The gnuplot process") struct GnuplotTests {
  @Test func `a missing program is named together with its package`() {
    let gnuplot = Gnuplot(program: "no-such-gnuplot")
    let error = #expect(throws: FigureError.self) { try Gallery.lines.svg(using: gnuplot) }
    #expect(error == .gnuplotMissing(program: "no-such-gnuplot"))
    #expect(error?.description.contains("apt install gnuplot-nox") == true)
    #expect(gnuplot.processIdentifier == nil)
  }

  @Test(.enabled(if: hasGnuplot)) func `an error comes back with the command that caused it`() throws {
    let gnuplot = Gnuplot()
    let error = #expect(throws: FigureError.self) {
      try gnuplot.run { _ in "set term svg\nplot [0:1] nosuchfunction(x)\nprint 'not reached'\n" }
    }
    guard case .gnuplotRefused(let message, let command)? = error else {
      Issue.record("unexpected error \(String(describing: error))")
      return
    }
    #expect(message.contains("undefined function: nosuchfunction"))
    #expect(command == "plot [0:1] nosuchfunction(x)")
    // The session goes on.
    #expect(try gnuplot.run { _ in "print 'alive'\n" } == Array("alive\n".utf8))
  }

  @Test(.enabled(if: hasGnuplot)) func `a killed process is replaced and reaped`() throws {
    let gnuplot = Gnuplot()
    let before = try Gallery.lines.svg(using: gnuplot)
    let first = try #require(gnuplot.processIdentifier)
    #expect(kill(first, SIGKILL) == 0)
    #expect(try Gallery.lines.svg(using: gnuplot) == before)
    let second = try #require(gnuplot.processIdentifier)
    #expect(second != first)
    // Reaped: the identifier names no process, not even a zombie.
    #expect(kill(first, 0) == -1)
  }

  @Test(.enabled(if: hasGnuplot)) func `a process that dies while drawing is tried once more, then reported`()
  {
    let gnuplot = Gnuplot()
    let error = #expect(throws: FigureError.self) { try gnuplot.run { _ in "exit status 7\n" } }
    #expect(error?.description == "plot: gnuplot exited with status 7")
  }

  @Test(.enabled(if: hasGnuplot)) func `a process that hangs is stopped`() throws {
    let gnuplot = Gnuplot(timeout: 300)
    let start = ContinuousClock.now
    let error = #expect(throws: FigureError.self) { try gnuplot.run { _ in "while (1) { x = 1 }\n" } }
    #expect(error?.description.contains("no answer within 300 ms") == true)
    #expect(ContinuousClock.now - start < .seconds(5))
    #expect(gnuplot.processIdentifier == nil)
  }

  @Test(.enabled(if: hasGnuplot)) func `the process has its own group, so that Ctrl-C does not reach it`()
    throws
  {
    let gnuplot = Gnuplot()
    _ = try gnuplot.version()
    let pid = try #require(gnuplot.processIdentifier)
    #expect(getpgid(pid) == pid)
    #expect(getpgid(pid) != getpgrp())
  }

  @Test(.enabled(if: hasGnuplot)) func `threads take turns`() async throws {
    let expected = try Gallery.bars.svg()
    try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<6 { group.addTask { try Gallery.bars.svg() } }
      for try await drawn in group { #expect(drawn == expected) }
    }
  }

  @Test(.enabled(if: hasGnuplot)) func `output larger than a pipe arrives whole`() throws {
    let lines = 40_000
    let bytes = try Gnuplot.shared.run { _ in "do for [i=1:\(lines)] { print 'a line of output' }\n" }
    #expect(bytes.count == lines * "a line of output\n".utf8.count)
  }

  @Test(.enabled(if: hasGnuplot)) func `nothing is left behind`() throws {
    let temporary = FileManager.default.temporaryDirectory.path
    func leftovers() throws -> Set<String> {
      Set(try FileManager.default.contentsOfDirectory(atPath: temporary).filter { $0.hasPrefix("faa-plot-") })
    }
    // Other tests draw at the same time: what matters is that nothing stays.
    let before = try leftovers()
    let gnuplot = Gnuplot()
    for _ in 0..<5 { _ = try Gallery.lines.svg(using: gnuplot) }
    _ = try? gnuplot.run { _ in "plot nothing\n" }
    Thread.sleep(forTimeInterval: 2)
    #expect(try leftovers().subtracting(before).count <= 2)
  }
}
