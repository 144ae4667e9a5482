import CKernels

/// A block of elements, shared by the views that look at it. Small blocks live in the object itself, so that a small result costs
/// one allocation; large ones come from the buffer pool.
final class Storage: ManagedBuffer<Storage.Place, Storage.Unit> {
  /// Where the elements are, and how many bytes were taken from the pool (0 for a block in the object).
  struct Place {
    let pointer: UnsafeMutableRawPointer
    let pooledBytes: Int
  }
  /// Eight bytes. (A type aligned to more would take the slower way of allocation, though every object is aligned to sixteen.)
  typealias Unit = UInt64

  /// Room for `count` elements. Throws `outOfMemory`.
  static func room(for count: Int, _ dtype: DType, in operation: String) throws -> Storage {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: dtype.size)
    if !overflow, bytes < FAA_POOLED_FROM {
      let object = create(minimumCapacity: (bytes + 7) / 8) { buffer in
        Place(
          pointer: buffer.withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) }, pooledBytes: 0)
      }
      return unsafeDowncast(object, to: Storage.self)
    }
    guard !overflow, let pointer = faa_allocate(bytes) else {
      let gigabytes = Double(count) * Double(dtype.size) / 1_073_741_824
      throw TensorError(
        .outOfMemory, in: operation,
        "no memory for \(count) elements of \(dtype) (\((gigabytes * 10).rounded() / 10) GiB)")
    }
    let object = create(minimumCapacity: 0) { _ in Place(pointer: pointer, pooledBytes: bytes) }
    return unsafeDowncast(object, to: Storage.self)
  }

  /// The bytes of its elements.
  var byteCount: Int { header.pooledBytes > 0 ? header.pooledBytes : capacity * MemoryLayout<Unit>.size }

  /// The first element.
  var pointer: UnsafeMutableRawPointer { header.pointer }

  deinit {
    if header.pooledBytes > 0 { faa_release(header.pointer, header.pooledBytes) }
  }
}

/// The buffer pool's counters, in bytes.
public struct MemoryReport: Sendable {
  /// In use by tensors, the largest that has been since `resetPeak()`, and kept for reuse. Buffers below 1 KiB are not counted.
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
