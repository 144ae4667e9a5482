/// Memory for the inner loops: `count` values at `start`, freed when the owner's scope ends.
///
/// Not copyable, so that there is one owner and the pointers handed to C live exactly as long as the scope.
struct Buffer<Element: BitwiseCopyable>: ~Copyable {
  let start: UnsafeMutablePointer<Element>
  let count: Int

  init(_ count: Int, filledWith value: Element) {
    self.count = count
    start = .allocate(capacity: max(count, 1))
    start.initialize(repeating: value, count: count)
  }

  /// Memory whose values are not yet set.
  init(uninitialized count: Int) {
    self.count = count
    start = .allocate(capacity: max(count, 1))
  }

  init(_ values: some Collection<Element>) {
    count = values.count
    start = .allocate(capacity: max(count, 1))
    _ = UnsafeMutableBufferPointer(start: start, count: count).initialize(from: values)
  }

  deinit { start.deallocate() }

  /// A copy of the values.
  var array: [Element] { Array(UnsafeBufferPointer(start: start, count: count)) }
}
