/// An sRGB colour with opacity, 8 bits a channel.
public struct Colour: Codable, Hashable, Sendable {
  /// The channels, 0...255; `alpha` 255 is opaque.
  public var red, green, blue, alpha: UInt8

  /// A colour from its channels.
  public init(red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8 = 255) {
    (self.red, self.green, self.blue, self.alpha) = (red, green, blue, alpha)
  }

  /// An opaque colour written as `0xRRGGBB`.
  public init(_ hex: UInt32) {
    self.init(
      red: UInt8(truncatingIfNeeded: hex >> 16), green: UInt8(truncatingIfNeeded: hex >> 8),
      blue: UInt8(truncatingIfNeeded: hex))
  }

  /// The same colour at an opacity of 0 (clear) to 1.
  public func opacity(_ opacity: Double) -> Colour {
    var copy = self
    copy.alpha = UInt8(max(0, min(255, (opacity.isFinite ? opacity : 1) * 255)).rounded())
    return copy
  }

  /// The colour `t` of the way to `other`, channel by channel.
  func mixed(with other: Colour, _ t: Double) -> Colour {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Double(a) + (Double(b) - Double(a)) * t).rounded()) }
    return Colour(
      red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue),
      alpha: mix(alpha, other.alpha))
  }

  /// Rec. 709 luma, 0...255: how bright the colour looks.
  var luma: Double { 0.2126 * Double(red) + 0.7152 * Double(green) + 0.0722 * Double(blue) }
}

/// A scale of colours for a number between 0 and 1.
public enum Colormap: String, CaseIterable, Codable, Sendable {
  /// Perceptually even, dark blue to yellow; the default for magnitudes.
  case viridis
  /// Perceptually even, black to cream; good over photographs.
  case magma
  /// White to dark blue: for shares and counts, where zero should recede.
  case blues
  /// Black to white.
  case grey
  /// Blue through white to red: for signed values, with zero in the middle.
  case diverging

  /// The colour at `t`, clamped to 0...1; nil where `t` is not a number.
  public func colour(at t: Double) -> Colour? {
    guard !t.isNaN else { return nil }
    let stops = self.stops
    let position = max(0, min(1, t)) * Double(stops.count - 1)
    let low = min(Int(position), stops.count - 2)
    return Colour(stops[low]).mixed(with: Colour(stops[low + 1]), position - Double(low))
  }

  // Samples of the published maps (van der Walt & Smith 2015; ColorBrewer RdBu and Blues), interpolated linearly in
  // sRGB.
  private var stops: [UInt32] {
    switch self {
    case .viridis:
      [
        0x440154, 0x482878, 0x3E4989, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6ECE58, 0xB5DE2B, 0xFDE725,
      ]
    case .magma:
      [
        0x000004, 0x180F3D, 0x440F76, 0x721F81, 0x9E2F7F, 0xCD4071, 0xF1605D, 0xFD9668, 0xFECA8D, 0xFCFDBF,
      ]
    case .blues:
      [0xF7FBFF, 0xDEEBF7, 0xC6DBEF, 0x9ECAE1, 0x6BAED6, 0x4292C6, 0x2171B5, 0x08519C, 0x08306B]
    case .grey: [0x000000, 0xFFFFFF]
    case .diverging:
      [
        0x053061, 0x2166AC, 0x4393C3, 0x92C5DE, 0xD1E5F0, 0xF7F7F7, 0xFDDBC7, 0xF4A582, 0xD6604D, 0xB2182B,
        0x67001F,
      ]
    }
  }
}
