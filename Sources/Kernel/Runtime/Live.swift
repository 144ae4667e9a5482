/// A display that takes the place of the one before with the same name in the same cell, such as the losses of a training under way.
///
/// It is drawn when a client has the time to show it, so that telling every step costs nothing.
public struct Live {
  /// What tells it from other live displays of the cell.
  public let name: String
  /// Draws it for a client that shows these forms.
  public let draw: (Display.Forms) -> Display

  /// - Parameter draw: draws the state at the time of this call.
  public init(_ name: String, draw: @escaping (Display.Forms) -> Display) {
    (self.name, self.draw) = (name, draw)
  }
}

/// The live displays of a running cell, drawn as often as is pleasant to watch, but never so often that drawing takes more than a tenth
/// of the time. The last state of each is drawn in any case.
public struct LiveFrames {
  private struct Frame {
    let name: String
    var pending: Live?
    var due: ContinuousClock.Instant
  }

  private var frames: [Frame] = []
  private let interval: Duration?

  /// - Parameter interval: the time between two frames of one display at the least; nil to draw only the last.
  public init(every interval: Duration? = .milliseconds(250)) { self.interval = interval }

  /// What to show of a new state: nothing while the last frame is recent.
  public mutating func add(_ live: Live, as forms: Display.Forms = .all) -> Display? {
    let now = ContinuousClock.now
    let index = frames.firstIndex { $0.name == live.name } ?? frames.count
    if index == frames.count { frames.append(Frame(name: live.name, pending: nil, due: now)) }
    guard let interval, frames[index].due <= now else {
      frames[index].pending = live
      return nil
    }
    let display = live.draw(forms)
    let end = ContinuousClock.now
    frames[index].pending = nil
    frames[index].due = end + max(interval, (end - now) * 9)
    return display
  }

  /// The displays whose last state has not been shown, in the order of their beginnings. To be asked once, at the end of the cell.
  public mutating func last(as forms: Display.Forms = .all) -> [(name: String, display: Display)] {
    defer { frames = [] }
    return frames.compactMap { frame in frame.pending.map { (frame.name, $0.draw(forms)) } }
  }
}
