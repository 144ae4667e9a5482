import CKernels
import Foundation
import Runtime

/// What libFuzzer calls with every text it makes up: a session runs it, whatever it is, and is thrown away. Endless programs are
/// interrupted, as a user would; libFuzzer reports a crash, a text that takes longer than its time-out, and memory that grows.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  _ = Watch.started
  Watch.began = Date()
  let session = Session(seed: 1)
  _ = session.run(
    String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self), name: "fuzz"
  ) { _ in }
  return 0
}

/// Asks a program that runs for a fifth of a second to stop.
private enum Watch {
  nonisolated(unsafe) static var began = Date()
  static let started: Bool = {
    Thread.detachNewThread {
      while true {
        Thread.sleep(forTimeInterval: 0.05)
        if began.timeIntervalSinceNow < -0.2 { faa_interrupt_set() }
      }
    }
    return true
  }()
}
