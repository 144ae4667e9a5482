/// What the painter says about a point of the skin.
struct Paint {
  var albedo: SIMD3<Float>
  /// The slope of the relief along u (outwards) and y.
  var gradient: SIMD2<Float> = .zero
  /// Strength of the highlight.
  var gloss: Float = 0.10
  /// The share of light that does not reach the point.
  var shade: Float = 0
  /// Colour that is added without shading: the reflex in an eye.
  var glow: Float = 0
}

/// Smooth coverage of painted edges: a distance in face units becomes a share of a pixel.
struct Pen: Sendable {
  /// The reciprocal of the edge's width, 1.3 pixels.
  let sharpness: Float

  init(pixelsPerUnit: Float) { sharpness = pixelsPerUnit / 1.3 }

  /// 0 outside (`distance` < 0), 1 inside.
  @inline(__always) func edge(_ distance: Float) -> Float {
    let t = unit(distance * sharpness + 0.5)
    return t * t * (3 - 2 * t)
  }

  /// The coverage of a line: the difference of its two edges, so that thin lines fade instead of thickening.
  @inline(__always) func line(_ distance: Float, _ halfWidth: Float) -> Float {
    edge(distance + halfWidth) - edge(distance - halfWidth)
  }
}

/// Adds a smooth hill `height (1 - r^2)^2` with elliptic foot to the gradient; returns the hill's share at
/// the point.
@inline(__always) func hill(
  _ u: Float, _ y: Float, at cu: Float, _ cy: Float, radius ru: Float, _ ry: Float, height: Float,
  _ gradient: inout SIMD2<Float>
) -> Float {
  // The radii are constants at most calls: their reciprocals fold, divisions would not.
  let (inverseU, inverseY) = (1 / ru, 1 / ry)
  let du = (u - cu) * inverseU
  let dy = (y - cy) * inverseY
  let k = 1 - du * du - dy * dy
  if k <= 0 { return 0 }
  let slope = -4 * height * k
  gradient.x += slope * du * inverseU
  gradient.y += slope * dy * inverseY
  return k * k
}
