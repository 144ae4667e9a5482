/// A `.faa` notebook: Markdown prose with fenced `faa` cells, `expect` blocks and an optional typed header.
///
/// A document keeps every byte of its source; `printed()` gives them back whatever the input was. Parsing is inert:
/// it reads no file, runs nothing and never throws; what is wrong with the text is listed in `issues`.
public struct Document: Sendable {
  /// The notebook as the user named it; diagnostics start with it.
  public let name: String
  /// What comes before the first block, byte for byte: the byte order mark and the header with its fences.
  public let preamble: [UInt8]
  /// What the header declares; the default header where there is none.
  public let header: Header
  /// Prose, cells and expectations in file order.
  public var blocks: [Block]
  /// Findings in file order; any error means the notebook must not run.
  public let issues: [Issue]

  /// The cells in file order.
  public var cells: [Cell] {
    blocks.compactMap { block in
      if case .cell(let cell) = block { return cell }
      return nil
    }
  }

  /// Whether the notebook may run.
  public var isValid: Bool { !issues.contains { $0.severity == .error } }

  /// The bytes of the file: identical to what was parsed unless blocks were changed since.
  public func printed() -> [UInt8] { blocks.reduce(into: preamble) { $0 += $1.source } }
}

/// A part of a notebook.
public enum Block: Sendable {
  /// Markdown that FAA does not run, other languages' fences included.
  case prose(Prose)
  /// A fenced `faa` cell.
  case cell(Cell)
  /// A fenced `expect` block, bound to the cell before it.
  case expect(Expectation)

  /// The exact bytes of the block.
  public var source: [UInt8] {
    switch self {
    case .prose(let prose): return prose.source
    case .cell(let cell): return cell.source
    case .expect(let expectation): return expectation.source
    }
  }
}

/// Markdown between cells.
public struct Prose: Sendable {
  /// The exact bytes.
  public let source: [UInt8]
  /// 1-based line of its first byte.
  public let line: Int
}

/// A fenced `faa` cell.
public struct Cell: Sendable {
  /// The exact bytes, fences included.
  public let source: [UInt8]
  /// 1-based position among the notebook's cells; `@N` addresses the cell.
  public let ordinal: Int
  /// 1-based line of the opening fence.
  public let line: Int
  /// 1-based line of the first line of `code`.
  public let codeLine: Int
  /// Columns the fence is indented by, which `code` no longer has.
  public let indent: Int
  /// What the cell's attributes and `#|` lines say.
  public let options: CellOptions
  /// The options as they were written, in that order.
  let optionTexts: [(key: String, value: String)]
  /// The program text: option lines removed, indentation of the fence removed, line ends `\n`.
  public let code: String

  /// The label, or `@N` for a cell without one.
  public var address: String { options.label ?? "@\(ordinal)" }
}

/// A fenced `expect` block: the text the cell before it must print or display.
public struct Expectation: Sendable {
  /// The exact bytes, fences included.
  public let source: [UInt8]
  /// 1-based line of the opening fence.
  public let line: Int
  /// Which cell it is bound to, counted from 1.
  public let cell: Int
  /// How close numbers must be.
  public let tolerance: Tolerance
  /// The expected text, line ends `\n`.
  public let text: String
}
