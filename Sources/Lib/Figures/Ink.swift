/// The colour of a mark, resolved against the theme when the figure is drawn.
public enum Ink: Codable, Hashable, Sendable {
  /// The first series colour that nothing else in the plot uses.
  case next
  /// A series colour by its place in the theme's cycle.
  case series(Int)
  /// The colour of labels.
  case text
  /// The colour of tick labels.
  case muted
  /// This colour in every theme.
  case exact(Colour)

  /// The names of the series colours, in the order of the themes' cycles.
  public static let names = ["blue", "orange", "green", "pink", "amber", "sky", "indigo", "brown"]

  /// A series colour by its name, `black` for the text's, `grey` for that of tick labels, `#rrggbb` for that one; nil for anything else.
  public init?(named name: String) {
    if let place = Ink.names.firstIndex(of: name) {
      self = .series(place)
    } else if name == "black" {
      self = .text
    } else if name == "grey" {
      self = .muted
    } else if name.hasPrefix("#"), name.count == 7, let hex = UInt32(name.dropFirst(), radix: 16) {
      self = .exact(Colour(hex))
    } else {
      return nil
    }
  }
}
