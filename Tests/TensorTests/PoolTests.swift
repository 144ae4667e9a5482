import CKernels
import Glibc
import Testing

@testable import Tensor

@Suite("The pool of threads")
struct PoolTests {
  /// How often each of so many chunks was run.
  private static func runs(_ count: Int) -> [Int32] {
    var runs = [Int32](repeating: 0, count: count)
    runs.withUnsafeMutableBufferPointer { runs in
      faa_parallel(
        count, { context, chunk in context?.assumingMemoryBound(to: Int32.self)[chunk] += 1 },
        runs.baseAddress)
    }
    return runs
  }

  /// Few chunks and many, more threads than chunks, jobs that follow at once and after the others have gone to sleep.
  @Test("every chunk is run once", arguments: [1, 2, 3, 4, 8])
  func runsEachOnce(threads: Int) {
    let before = Engine.threads
    defer { Engine.threads = before }
    Engine.threads = threads
    for count in Array(0...300) + [1000, 4097, 100_000] {
      #expect(Self.runs(count) == Array(repeating: 1, count: count))
      if count % 50 == 0 { usleep(3000) }
    }
  }

  @Test("a job within a job runs where it is")
  func nests() {
    let before = Engine.threads
    defer { Engine.threads = before }
    Engine.threads = 4
    var sums = [Int32](repeating: 0, count: 40)
    sums.withUnsafeMutableBufferPointer { sums in
      faa_parallel(
        40,
        { context, chunk in
          faa_parallel(
            chunk, { context, _ in context?.assumingMemoryBound(to: Int32.self).pointee += 1 },
            context.map { $0 + 4 * chunk })
        }, sums.baseAddress)
    }
    #expect(sums == Array(0..<40))
  }
}
