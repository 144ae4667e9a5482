/// A screen with somebody at its keyboard: what a command needs that is steered while it runs.
public protocol Stage: AnyObject {
  /// Columns a frame may take.
  var width: Int { get }
  /// Shows a frame in place of the one before where the terminal can do that, and below it otherwise.
  func show(_ frame: String)
  /// The next key: a character, or `left`, `right`, `up`, `down`, `enter`, `escape`, and `resize` where the window
  /// has another size now. Where keys cannot be read one at a time, the first
  /// word of a line. Nil at the end of the input.
  func key() -> String?
  /// The answer to a question, one line; nil at the end of the input.
  func line(_ question: String) -> String?
}
