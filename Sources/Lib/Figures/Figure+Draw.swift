import Glibc

extension Figure {
  /// The figure as one SVG element, for a file or, as it stands, for a web page: scalable, with no script, no
  /// external reference and ids of its own. The ids begin with a fingerprint of the picture; a page that
  /// shows the same figure twice gives each an `idPrefix`.
  public func svg(idPrefix: String? = nil, using gnuplot: Gnuplot = .shared) throws -> String {
    SVG.compact(try drawing(idPrefix: idPrefix, using: gnuplot))
  }

  /// The SVG in gnuplot's own elements, which other formats are made from.
  func drawing(idPrefix: String? = nil, using gnuplot: Gnuplot = .shared) throws -> String {
    let bytes = try gnuplot.run { files in try Script(self, .svg, &files).text }
    return SVG.clean(
      String(decoding: bytes, as: UTF8.self), figure: self, size: try Layout(self).size, idPrefix: idPrefix)
  }

  /// The figure as a PNG file; `scale` pixels to a point.
  public func png(scale: Double = 2, using gnuplot: Gnuplot = .shared) throws -> [UInt8] {
    guard scale >= 0.25, scale <= 10 else {
      throw FigureError.invalid(mark: "png", "scale must be between 0.25 and 10, not \(Text.short(scale))")
    }
    return try gnuplot.run { files in try Script(self, .png(scale: scale), &files).text }
  }

  /// The figure as a PDF page.
  public func pdf(using gnuplot: Gnuplot = .shared) throws -> [UInt8] {
    try gnuplot.run { files in try Script(self, .pdf, &files).text }
  }

  /// Writes the figure to a file whose ending names the format: `.svg`, `.png`, `.pdf`, `.tex` (a
  /// `tikzpicture`) or `.txt`. The file appears whole or not at all.
  public func save(to path: String, using gnuplot: Gnuplot = .shared) throws {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let bytes: [UInt8]
    switch name.split(separator: ".").last.map({ $0.lowercased() }) ?? "" {
    case "svg" where name.contains("."): bytes = Array(try svg(using: gnuplot).utf8)
    case "png" where name.contains("."): bytes = try png(using: gnuplot)
    case "pdf" where name.contains("."): bytes = try pdf(using: gnuplot)
    case "tex" where name.contains("."):
      bytes = Array(try TikZ.picture(drawing(using: gnuplot), path: path).utf8)
    case "txt" where name.contains("."): bytes = Array((try text(width: 80) + "\n").utf8)
    default: throw FigureError.unknownFormat(path: path)
    }
    try File.write(bytes, to: path)
  }
}

/// Whole-file output.
enum File {
  static func write(_ bytes: [UInt8], to path: String) throws {
    let temporary = "\(path).\(getpid()).part"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(path) }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
      }
      if count < 0 {
        if errno == EINTR { continue }
        let error = failure(path)
        close(descriptor)
        unlink(temporary)
        throw error
      }
      written += count
    }
    guard close(descriptor) == 0, rename(temporary, path) == 0 else {
      let error = failure(path)
      unlink(temporary)
      throw error
    }
  }

  private static func failure(_ path: String) -> FigureError {
    .file(path: path, reason: "cannot write: \(String(cString: strerror(errno)))")
  }
}
