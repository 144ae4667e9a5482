/// What the YAML header of a notebook declares.
public struct Header: Sendable {
  /// Limits of a run; nil means none.
  public struct Limits: Sendable, Equatable {
    /// Seconds a cell may take.
    public var cell: Double?
    /// Seconds the run may take.
    public var total: Double?
    /// Resident bytes the evaluator may reach.
    public var memory: Int?
  }

  /// Title of the document.
  public var title: String?
  /// Authors in order.
  public var authors: [String] = []
  /// Parameters in order of declaration.
  public var parameters: [HeaderParameter] = []
  /// Seed of every random stream; 0 where the header says nothing.
  public var seed: UInt64 = 0
  /// Limits of a run.
  public var limits = Limits()
  /// Files the notebook reads, relative to its folder.
  public var inputs: [String] = []
  /// Tools the notebook needs, such as `gnuplot`.
  public var needs: [String] = []
  /// What it may do beyond reading its own folder and writing its sidecar, if the reader agrees.
  public var permissions: [Capability] = []
  /// Free tags.
  public var tags: [String] = []

  /// The header of a notebook without one.
  public init() {}
}

/// What a notebook may be permitted beyond reading its own folder and its inputs and writing its sidecar.
public enum Capability: String, Sendable, CaseIterable {
  /// Reading files outside the notebook's folder.
  case read
  /// Writing files outside the notebook's sidecar.
  case write

  /// What it means to grant it.
  public var meaning: String {
    switch self {
    case .read: "it may read any file you can read"
    case .write: "it may write any file you can write"
    }
  }
}

/// A typed parameter of a notebook: an ordinary variable in its cells, set by `-p name=value`.
public struct HeaderParameter: Sendable, Equatable {
  /// The name as cells use it.
  public let name: String
  /// What values it takes.
  public let type: ParameterType
  /// Its value where the caller gives none; nil makes it required.
  public let defaultValue: ParameterValue?
  /// Smallest value allowed (numbers only).
  public let minimum: Double?
  /// Largest value allowed (numbers only).
  public let maximum: Double?
  /// The values allowed; empty for any.
  public let choices: [String]
  /// One line of help.
  public let help: String
  /// 1-based line of its declaration.
  public let line: Int
}
