import Glibc

/// Watches the machine stack, which commands that call back into the language use: a recursion through `map` must end in an error,
/// not in a crash.
struct StackGuard {
  private var thread: pthread_t?
  private var lowest: UInt = 0

  /// Throws when little of the current thread's stack is left.
  mutating func check(_ name: String) throws {
    let current = pthread_self()
    if thread != current {
      thread = current
      lowest = StackGuard.lowestAddress(of: current)
    }
    var marker: UInt8 = 0
    let here = withUnsafeMutablePointer(to: &marker) { UInt(bitPattern: $0) }
    if here < lowest {
      throw CommandError(
        "RecursionLimit", "`\(name)` calls itself too deeply through other commands",
        help: "check the condition that ends the recursion, or use a loop")
    }
  }

  /// The address below which only a reserve is left, enough for a tensor operation and the way back.
  private static func lowestAddress(of thread: pthread_t) -> UInt {
    // The header hides this GNU extension from Swift; the library has it.
    typealias GetAttributes = @convention(c) (pthread_t, UnsafeMutablePointer<pthread_attr_t>) -> Int32
    guard let symbol = dlsym(nil, "pthread_getattr_np") else { return 0 }
    var attributes = pthread_attr_t()
    guard unsafeBitCast(symbol, to: GetAttributes.self)(thread, &attributes) == 0 else { return 0 }
    defer { pthread_attr_destroy(&attributes) }
    var address: UnsafeMutableRawPointer?
    var size = 0
    guard pthread_attr_getstack(&attributes, &address, &size) == 0, let address else { return 0 }
    return UInt(bitPattern: address) + UInt(min(size / 4, 1 << 20))
  }
}
