/// Keeps how far the long commands of a cell are, so that a run that was cut short can go on from there. What a store holds belongs to
/// one cell in one state: text, inputs and seed the same.
public protocol CheckpointStore: AnyObject {
  /// What was kept last under the name.
  func load(_ name: String) -> [UInt8]?
  /// Keeps bytes under a name instead of what was there; whole or not at all.
  func save(_ bytes: [UInt8], as name: String) throws
}

/// The place where one use of a long command keeps how far it is.
public final class Checkpoint {
  private let store: any CheckpointStore
  private let name: String
  private var last = ContinuousClock.now
  private var hasFailed = false
  private var pause = Duration.milliseconds(500)

  init(store: any CheckpointStore, name: String) {
    self.store = store
    self.name = name
  }

  /// What an earlier run kept; nil where there was none.
  public func load() -> ByteReader? { store.load(name).map { ByteReader($0) } }

  /// Keeps what `body` writes when it is time: every half second, or less often where that would take more than a twentieth of
  /// the time. A store that fails is not asked again: keeping is for later runs, and this one goes on.
  public func save(_ body: (inout ByteWriter) throws -> Void) throws {
    let start = ContinuousClock.now
    guard !hasFailed, start - last >= pause else { return }
    var writer = ByteWriter()
    try body(&writer)
    do { try store.save(writer.bytes, as: name) } catch { hasFailed = true }
    last = .now
    pause = max(.milliseconds(500), (last - start) * 20)
  }
}
