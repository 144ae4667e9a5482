import CGnuplot
import Glibc
import Synchronization

/// A gnuplot process that draws figures. It starts with the first drawing, stays for the session, and is
/// started again when it has died. Calls from several threads take turns.
public final class Gnuplot: Sendable {
  /// The process figures are drawn with unless told otherwise.
  public static let shared = Gnuplot()

  private let session: Mutex<Session>
  private let program: String
  private let timeout: Int32

  /// A process of the named program, found on the search path; a batch that takes longer than `timeout`
  /// milliseconds is given up.
  public init(program: String = "gnuplot", timeout: Int = 30_000) {
    self.program = program
    self.timeout = Int32(clamping: timeout)
    session = Mutex(Session(program: program))
  }

  /// The running process, nil before the first drawing and after its death was noticed.
  public var processIdentifier: Int32? {
    session.withLock { session in
      guard let handle = session.handle else { return nil }
      let pid = faa_gnuplot_pid(handle)
      return pid > 0 ? pid : nil
    }
  }

  /// The program's own version line, such as `gnuplot 5.4 patchlevel 4`.
  public func version() throws -> String {
    let bytes = try run { _ in
      "print sprintf('gnuplot %.1f patchlevel %s', GPVAL_VERSION, GPVAL_PATCHLEVEL)\n"
    }
    return String(decoding: bytes.filter { $0 != 0x0A }, as: UTF8.self)
  }

  /// Builds a script, runs it and returns what it wrote to standard output. Data files made while building
  /// live until the script has run.
  func run(_ build: (inout DataFiles) throws -> String) throws -> [UInt8] {
    try session.withLock { session in
      guard let handle = session.handle else { throw FigureError.gnuplotFailed("out of memory") }
      var started = faa_gnuplot_start(handle)
      defer { faa_gnuplot_result_free(&started) }
      try check(started, script: "")
      var files = DataFiles(handle: handle)
      let script = try build(&files)
      var result = script.utf8.withContiguousStorageIfAvailable { bytes in
        bytes.withMemoryRebound(to: CChar.self) { faa_gnuplot_run(handle, $0.baseAddress, $0.count, timeout) }
      }
      if result == nil {
        result = Array(script.utf8CString).withUnsafeBufferPointer { bytes in
          faa_gnuplot_run(handle, bytes.baseAddress, bytes.count - 1, timeout)
        }
      }
      guard var result else { throw FigureError.gnuplotFailed("out of memory") }
      defer { faa_gnuplot_result_free(&result) }
      try check(result, script: script)
      return Array(UnsafeBufferPointer(start: result.output, count: result.output_count))
    }
  }

  private func check(_ result: faa_gnuplot_result, script: String) throws {
    let message = result.message.map { Text.printable(String(cString: $0)) } ?? ""
    switch result.status {
    case FAA_GNUPLOT_OK: return
    case FAA_GNUPLOT_MISSING: throw FigureError.gnuplotMissing(program: program)
    case FAA_GNUPLOT_REFUSED:
      let lines = script.split(separator: "\n", omittingEmptySubsequences: false)
      let index = Int(result.line) - 1
      let command =
        lines.indices.contains(index) ? Text.fitted(Text.printable(String(lines[index])), to: 160) : ""
      throw FigureError.gnuplotRefused(message: message, command: command)
    default: throw FigureError.gnuplotFailed(message)
    }
  }

  /// Owns the C session.
  private struct Session: ~Copyable {
    // The handle is only reached through the mutex that holds this value.
    nonisolated(unsafe) let handle: OpaquePointer?

    init(program: String) { handle = faa_gnuplot_create(program) }

    deinit {
      if let handle { faa_gnuplot_destroy(handle) }
    }
  }
}

/// Writes a script's data to binary files and hands out the clauses that read them.
struct DataFiles {
  let handle: OpaquePointer

  /// Columns of equal length, as a clause to stand after `plot`.
  mutating func columns(_ columns: [[Double]]) throws -> String {
    let rows = columns.first?.count ?? 0
    func withPointers(
      _ index: Int, _ pointers: inout [UnsafePointer<Double>?]
    ) -> UnsafePointer<CChar>? {
      guard index < columns.count else {
        return faa_gnuplot_columns(handle, pointers, pointers.count, rows)
      }
      return columns[index].withUnsafeBufferPointer { buffer in
        pointers.append(buffer.baseAddress)
        return withPointers(index + 1, &pointers)
      }
    }
    var pointers: [UnsafePointer<Double>?] = []
    return try clause(withPointers(0, &pointers))
  }

  /// An image, as a clause up to its format.
  mutating func pixels(_ raster: Raster) throws -> String {
    try clause(faa_gnuplot_pixels(handle, raster.rgba, raster.width, raster.height))
  }

  private func clause(_ text: UnsafePointer<CChar>?) throws -> String {
    if let text { return String(cString: text) }
    throw FigureError.gnuplotFailed(String(cString: faa_gnuplot_error(handle)))
  }
}
