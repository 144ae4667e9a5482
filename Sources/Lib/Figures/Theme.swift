/// The look of a figure: every colour it uses. Geometry (line widths, fonts, margins) is the same in all
/// themes.
public struct Theme: Codable, Hashable, Sendable {
  /// The page; nil leaves it transparent.
  public var background: Colour?
  /// Titles and labels.
  public var text: Colour
  /// Tick labels, captions and rules.
  public var muted: Colour
  /// Axis lines.
  public var axis: Colour
  /// Grid lines.
  public var grid: Colour
  /// Series colours in order of use, distinguishable under the common colour-vision deficiencies.
  public var cycle: [Colour]

  /// What blends with the page when something must be covered: the background, or the theme's usual one.
  var page: Colour

  /// Dark ink on white.
  ///
  /// The first six series colours are those of Okabe and Ito (2008), ordered so that the first four differ most in
  /// lightness as well as hue. Their yellow is too pale for a line on white, and their black is that of the axes: indigo
  /// and brown stand for them, apart from all others also for eyes that lack one of the three cones.
  public static let light = Theme(
    background: Colour(0xFFFFFF), text: Colour(0x1F2328), muted: Colour(0x59636E), axis: Colour(0x6E7781),
    grid: Colour(0xE6E8EB),
    cycle: [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x332288, 0x6B4423].map {
      Colour($0)
    },
    page: Colour(0xFFFFFF))

  /// Light ink on near-black, with the series colours lifted to keep their contrast.
  public static let dark = Theme(
    background: Colour(0x0F1419), text: Colour(0xE6EDF3), muted: Colour(0x9DA7B3), axis: Colour(0x6E7681),
    grid: Colour(0x252C35),
    cycle: [0x4A9DEB, 0xF0803C, 0x2FC79A, 0xE39CC4, 0xE3A51A, 0xAEDFFF, 0x8F5BFF, 0xB08968].map {
      Colour($0)
    },
    page: Colour(0x0F1419))

  /// The same theme without a page colour, for a figure laid into a web page.
  public var transparent: Theme {
    var copy = self
    copy.background = nil
    return copy
  }

  func colour(_ index: Int) -> Colour {
    cycle.isEmpty ? text : cycle[index % cycle.count]
  }
}
