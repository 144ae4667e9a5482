import Glibc
import Runtime

/// The folder beside a notebook that holds what its last run produced: `result.json`, `events.ndjson` and one file
/// per plot, named by content. `result.json` is replaced as a whole after every cell.
public final class Sidecar: RunObserver {
  /// The folder.
  public let folder: String
  /// The first failure to write; later cells still run.
  public private(set) var failure: FileError?
  private var written: Set<String> = []

  /// Creates the folder; throws `FileError` when it cannot be created or written.
  public init(_ folder: String) throws {
    self.folder = folder
    try makeFolder(folder)
    guard access(folder, W_OK) == 0 else { throw FileError("write", folder, errno) }
  }

  /// `dir/NAME.faaout` for `dir/NAME.faa`.
  public static func defaultFolder(for notebook: String) -> String {
    (notebook.hasSuffix(".faa") ? notebook : notebook + ".faa") + "out"
  }

  /// Removes a sidecar: what runs write there, finished or not, and the folder when nothing else is in it.
  public static func remove(_ folder: String) throws {
    guard access(folder, F_OK) == 0 else { return }
    for name in folderEntries("\(folder)/cache")
    where [".cell", ".values", ".checkpoint"].contains(where: replacedName(name).hasSuffix) {
      unlink("\(folder)/cache/\(name)")
    }
    rmdir("\(folder)/cache")
    for name in folderEntries(folder) {
      let file = replacedName(name)
      guard isPlotName(file) || file == "result.json" || file == "events.ndjson" else { continue }
      unlink("\(folder)/\(name)")
    }
    guard rmdir(folder) != 0, errno != ENOENT else { return }
    throw FileError("remove", folder, errno)
  }

  /// Writes the plots of the cell and replaces `result.json`.
  public func cellEnded(_ outcome: CellOutcome, of total: Int, in result: RunResult) {
    keep {
      for file in outcome.plotFiles where !written.contains(file.name) {
        try replaceFile("\(folder)/\(file.name)", with: file.bytes)
        written.insert(file.name)
      }
      try writeResult(result)
    }
  }

  /// Replaces `result.json` and removes plots of earlier runs.
  public func runEnded(_ result: RunResult) {
    keep {
      try writeResult(result)
      prune()
    }
  }

  private func writeResult(_ result: RunResult) throws {
    try replaceFile("\(folder)/result.json", with: Array(result.json.pretty.utf8))
  }

  /// Removes plots of earlier runs: files named by a content hash that this run did not write.
  private func prune() {
    for name in folderEntries(folder) where isPlotName(name[...]) && !written.contains(name) {
      unlink("\(folder)/\(name)")
    }
  }

  private func keep(_ body: () throws -> Void) {
    do {
      try body()
    } catch let error as FileError {
      failure = failure ?? error
    } catch {
      failure = failure ?? FileError("write", folder, EIO)
    }
  }
}

/// `LABEL-0123456789abcdef.svg`.
private func isPlotName(_ name: Substring) -> Bool {
  guard name.hasSuffix(".svg") || name.hasSuffix(".png") else { return false }
  let stem = name.dropLast(4)
  return stem.dropLast(16).last == "-" && stem.suffix(16).allSatisfy { $0.isHexDigit && !$0.isUppercase }
}

/// A plot as it is stored.
struct PlotFile {
  let name: String
  let mime: String
  let bytes: [UInt8]
  let hash: String

  init(_ bytes: [UInt8], mime: String, suffix: String, address: String) {
    hash = sha256(bytes)
    let stem = address.hasPrefix("@") ? "cell\(address.dropFirst())" : address
    name = "\(stem)-\(hash.prefix(16)).\(suffix)"
    self.mime = mime
    self.bytes = bytes
  }
}

extension CellOutcome {
  /// The plots of the cell, SVG before PNG, in order.
  var plotFiles: [PlotFile] {
    outputs.flatMap { output -> [PlotFile] in
      switch output {
      case .display(let rendering), .value(let rendering, _): return plotFiles(of: rendering)
      case .text, .warning, .metric: return []
      }
    }
  }

  func plotFiles(of rendering: Display) -> [PlotFile] {
    var files: [PlotFile] = []
    if let svg = rendering.svg {
      files.append(PlotFile(Array(svg.utf8), mime: "image/svg+xml", suffix: "svg", address: address))
    }
    if let png = rendering.png {
      files.append(PlotFile(png, mime: "image/png", suffix: "png", address: address))
    }
    return files
  }
}
