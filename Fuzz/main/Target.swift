import CKernels
import Foundation
import Runtime

/// What libFuzzer calls with every text it makes up: a session runs it, whatever it is, and is thrown away. Endless programs are
/// interrupted, as a user would; libFuzzer reports a crash, a text that takes longer than its time-out, memory that is never freed.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  run(String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self))
  return 0
}

private func run(_ program: String) {
  Watch.began = Date()
  let session = Session(seed: 1)
  session.permissions.readable = []
  session.permissions.writable = []
  let result = session.run(program, name: "fuzz") { _ in }
  // What the program ends in has to be drawn, too.
  switch result {
  case .value(let value?, true): _ = value.display(width: 60)
  case .value: break
  case .failure(let diagnostic): _ = diagnostic.render(width: 60)
  }
}

/// Asks a program that runs for a tenth of a second to stop.
private enum Watch {
  nonisolated(unsafe) static var began = Date()

  static func start() {
    Thread.detachNewThread {
      while true {
        Thread.sleep(forTimeInterval: 0.02)
        if began.timeIntervalSinceNow < -0.1 { faa_interrupt_set() }
      }
    }
  }
}

/// libFuzzer's main program.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ target: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

@main struct Fuzz {
  static func main() {
    Watch.start()
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    exit(runDriver(&count, &arguments, testOneInput))
  }
}
