import CKernels

/// A block of elements from the buffer pool, shared by the views that look at it.
final class Storage: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer
  let byteCount: Int

  /// Room for `count` elements. Throws `outOfMemory`.
  init(count: Int, dtype: DType, operation: String) throws {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: dtype.size)
    guard !overflow, let pointer = faa_allocate(bytes) else {
      let gigabytes = Double(count) * Double(dtype.size) / 1_073_741_824
      throw TensorError(
        .outOfMemory, in: operation,
        "no memory for \(count) elements of \(dtype) (\((gigabytes * 10).rounded() / 10) GiB)")
    }
    self.pointer = pointer
    byteCount = bytes
  }

  deinit { faa_release(pointer, byteCount) }
}

/// The buffer pool's counters, in bytes.
public struct MemoryReport: Sendable {
  /// In use by tensors, the largest that has been since `resetPeak()`, and kept for reuse. Buffers below 64 KiB are not counted.
  public let live, peak, cached: Int
  /// Requests answered from the cache, and by the system.
  public let hits, misses: Int

  /// The counters as they stand.
  public static var now: MemoryReport {
    let memory = faa_memory()
    return MemoryReport(
      live: Int(memory.live), peak: Int(memory.peak), cached: Int(memory.cached), hits: Int(memory.hits),
      misses: Int(memory.misses))
  }

  /// Starts a new peak at the present use.
  public static func resetPeak() { faa_memory_reset_peak() }
}

/// How the engine uses this machine.
public enum Engine {
  /// The number of threads that share a large operation; results do not depend on it.
  public static var threads: Int {
    get { Int(faa_thread_count()) }
    set { faa_set_thread_count(Int32(clamping: newValue)) }
  }

  /// The OpenBLAS kernel in use, such as `Zen` or `SkylakeX`.
  public static var blasCore: String { String(cString: faa_blas_core()) }
  /// OpenBLAS's description of its build.
  public static var blasConfiguration: String { String(cString: faa_blas_config()) }
}

/// Throws `Interrupted` when the user has asked the running computation to stop. Anything long calls it once a step.
public func checkInterrupt() throws {
  if faa_interrupted() { throw Interrupted() }
}
