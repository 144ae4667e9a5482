/// Why a file of tensors could not be read or written: the file, the place in it, what is wrong, and what to do.
public struct InterchangeError: Error, Equatable, CustomStringConvertible, Sendable {
  /// The file's path.
  public let path: String
  /// The tensor or part of the file concerned; empty when it is the file itself.
  public let place: String
  /// What is wrong.
  public let message: String
  /// A remedy, where one can be given.
  public let help: String?

  /// An error at `place` in the file at `path`.
  public init(_ path: String, at place: String = "", _ message: String, help: String? = nil) {
    self.path = path
    self.place = place
    self.message = message
    self.help = help
  }

  /// `weights.safetensors: blocks.0.norm1.weight: …`, and the remedy on a line of its own.
  public var description: String {
    let text = place.isEmpty ? "\(path): \(message)" : "\(path): \(place): \(message)"
    return help.map { "\(text)\nhelp: \($0)" } ?? text
  }
}
