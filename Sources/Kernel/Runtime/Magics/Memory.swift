import Glibc
import Tensor

let memMagic = Magic(
  "mem", "What memory is in use: by tensors of 1 KiB and more, kept for reuse, and by the whole process."
) {
  session, _ in
  let (engine, process) = (MemoryReport.now, ProcessMemory.now)
  let rows = [
    ["large tensors", ByteCount.text(engine.live), "peak \(ByteCount.text(engine.peak))"],
    [
      "kept for reuse", ByteCount.text(engine.cached),
      "\(engine.hits) of \(engine.hits + engine.misses) requests answered from it",
    ],
    ["process", ByteCount.text(process.resident), "peak \(ByteCount.text(process.peak))"],
  ]
  session.emit(.text(TextTable(rows, width: session.width, rightAligned: [1]).text + "\n"))
  return .none
}

/// Memory of this process as the kernel counts it, in bytes.
public struct ProcessMemory: Sendable {
  /// In physical memory now, and the most since the start or `resetPeak`. Both 0 where the kernel does not say.
  public let resident, peak: Int

  /// As it stands.
  public static var now: ProcessMemory {
    var fields: [String: Int] = [:]
    for line in text(of: "/proc/self/status").split(separator: "\n") where line.hasPrefix("Vm") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard words.count > 1, let kilobytes = Int(words[1]) else { continue }
      fields[String(words[0])] = kilobytes * 1024
    }
    return ProcessMemory(resident: fields["VmRSS:"] ?? 0, peak: fields["VmHWM:"] ?? 0)
  }

  /// Starts a new peak at the present use, where the kernel allows it.
  public static func resetPeak() {
    let file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    _ = write(file, "5", 1)
    close(file)
  }

  private static func text(of path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}

/// Bytes for people.
public enum ByteCount {
  /// Three digits and a binary unit: `1.5 MiB`.
  public static func text(_ bytes: Int) -> String {
    var (value, units) = (Double(bytes), ["B", "KiB", "MiB", "GiB", "TiB"][...])
    while value.magnitude >= 1000, units.count > 1 {
      value /= 1024
      units = units.dropFirst()
    }
    return NumberFormat(precision: 3, style: .general).apply(value) + " " + (units.first ?? "B")
  }
}
