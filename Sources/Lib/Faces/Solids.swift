/// The head: an ellipsoid whose lower half may have another height and narrows towards the chin,
/// `(X / a w(Y))^2 + (Y / b)^2 + (Z / c)^2 = 1` with `w = 1 - taper (Y / b)^2` for `Y > 0` and 1 above.
struct Head: Sendable {
  let width, upper, lower, depth, taper: Float
  private let inverseWidth, inverseUpper, inverseLower, inverseDepth: Float

  init(width: Float, upper: Float, lower: Float, depth: Float, taper: Float) {
    self.width = width
    self.upper = upper
    self.lower = lower
    self.depth = depth
    self.taper = taper
    inverseWidth = 1 / width
    inverseUpper = 1 / upper
    inverseLower = 1 / lower
    inverseDepth = 1 / depth
  }

  /// No ray further than this from the middle meets the head.
  var reach: Float { max(upper, lower) + 0.05 }

  /// A ray's meeting with the head: the depth of the front hit along the ray, and how far inside the outline
  /// the ray passes (face units, negative outside; there `depth` is the point of closest approach).
  struct Hit {
    var depth: Float
    var margin: Float
  }

  @inline(__always) func narrowing(_ y: Float) -> Float {
    let v = unit(y * inverseLower)
    return 1 - taper * v * v
  }

  /// The front surface above the point (x, y) of the drawing plane; 0 outside the outline.
  func surface(_ x: Float, _ y: Float) -> Float {
    let h = x / (width * narrowing(y))
    let v = y / (y > 0 ? lower : upper)
    return depth * max(0, 1 - h * h - v * v).squareRoot()
  }

  /// The outward normal at a surface point.
  @inline(__always) func normal(_ p: SIMD3<Float>) -> SIMD3<Float> {
    let b = p.y > 0 ? inverseLower : inverseUpper
    let w = 1 / narrowing(p.y)
    let slope = p.y > 0 ? -2 * taper * p.y * b * b : 0
    let a = inverseWidth * w
    let x = p.x * a * a
    return normalised(SIMD3(x, p.y * b * b - x * p.x * slope * w, p.z * inverseDepth * inverseDepth))
  }

  /// Meets the ray `origin + t direction`. The narrowing depends on the height of the hit, so the quadratic
  /// is solved with the height of the previous solution; the map contracts by taper * sin(pitch) per round.
  @inline(__always) func meet(_ origin: SIMD3<Float>, _ direction: SIMD3<Float>) -> Hit {
    var y = origin.y + 0.7 * depth * direction.y
    var t: Float = 0
    var q: Float = 0
    for _ in 0..<4 {
      let a = 1 / (width * narrowing(y))
      let scale = SIMD3(a, y > 0 ? inverseLower : inverseUpper, inverseDepth)
      let o = origin * scale
      let d = direction * scale
      let inverse = 1 / dot(d, d)
      let near = -dot(o, d) * inverse
      let along = o + d * near
      q = dot(along, along)
      t = (max(0, 1 - q) * inverse).squareRoot() + near
      let reached = origin.y + t * direction.y
      let settled = abs(reached - y) < 1e-4 || (reached <= 0 && y <= 0)
      y = reached
      if settled { break }
    }
    if q < 0.5 { return Hit(depth: t, margin: 0.2) }
    let root = q.squareRoot()
    return Hit(depth: t, margin: dot(origin, origin).squareRoot() * (1 - root) / root)
  }
}

/// An ellipsoid seen by the camera: for a pixel of the camera plane its outline, front depth and normal.
struct Ellipsoid: Sendable {
  private let centre: SIMD3<Float>
  // The outline `q = xx dx^2 + 2 xy dx dy + yy dy^2 <= 1`, and `z = cz + sx dx + sy dy + rise sqrt(1 - q)`.
  private let xx, xy, yy, sx, sy, rise: Float
  // Rows of the map from camera offsets to the gradient in head coordinates.
  private let gx, gy, gz: SIMD3<Float>
  /// The reach of the outline around its centre.
  private let reach: Float
  private let extent: Float

  /// An ellipsoid given in head coordinates by centre and half axes, its y axis leaning forward by `lean`
  /// (`lean` = sine of the angle, from y towards z).
  init(centre: SIMD3<Float>, axes: SIMD3<Float>, lean: Float = 0, under rotation: Rotation) {
    let c = (1 - lean * lean).squareRoot()
    let inverse = SIMD3<Float>(repeating: 1) / (axes * axes)
    // Q = sum over the principal axes of e e^T / r^2, in head coordinates.
    let e1 = SIMD3<Float>(1, 0, 0)
    let e2 = SIMD3<Float>(0, c, lean)
    let e3 = SIMD3<Float>(0, -lean, c)
    func apply(_ v: SIMD3<Float>) -> SIMD3<Float> {
      e1 * (dot(e1, v) * inverse.x) + e2 * (dot(e2, v) * inverse.y) + e3 * (dot(e3, v) * inverse.z)
    }
    // Columns of G = Q R^T are Q applied to the rows of R.
    let (qx, qy, qz) = (apply(rotation.x), apply(rotation.y), apply(rotation.z))
    gx = SIMD3(qx.x, qy.x, qz.x)
    gy = SIMD3(qx.y, qy.y, qz.y)
    gz = SIMD3(qx.z, qy.z, qz.z)
    let zz = dot(rotation.z, qz)
    let xz = dot(rotation.x, qz)
    let yz = dot(rotation.y, qz)
    sx = -xz / zz
    sy = -yz / zz
    xx = dot(rotation.x, qx) - xz * xz / zz
    xy = dot(rotation.x, qy) - xz * yz / zz
    yy = dot(rotation.y, qy) - yz * yz / zz
    rise = (1 / zz).squareRoot()
    self.centre = rotation(centre)
    reach = axes.max()
    extent = 1.25 * reach * reach
  }

  /// Depth of the front surface and distance inside the outline (negative outside), or nil far away.
  @inline(__always) func meet(_ x: Float, _ y: Float) -> (depth: Float, margin: Float)? {
    let dx = x - centre.x
    let dy = y - centre.y
    let r2 = dx * dx + dy * dy
    if r2 > extent { return nil }
    let q = xx * dx * dx + 2 * xy * dx * dy + yy * dy * dy
    if q > 1.5 { return nil }
    let margin: Float
    if q < 0.5 {
      margin = 0.25 * reach
    } else {
      let root = q.squareRoot()
      margin = r2.squareRoot() * (1 - root) / root
    }
    return (centre.z + sx * dx + sy * dy + rise * max(0, 1 - q).squareRoot(), margin)
  }

  /// The depth of the middle plane below a pixel: as far behind it as the front is before it lies the back.
  @inline(__always) func middle(_ x: Float, _ y: Float) -> Float {
    centre.z + sx * (x - centre.x) + sy * (y - centre.y)
  }

  /// The outward normal, in head coordinates, at a camera point on the surface.
  @inline(__always) func normal(_ x: Float, _ y: Float, _ z: Float) -> SIMD3<Float> {
    let d = SIMD3(x, y, z) - centre
    return normalised(SIMD3(dot(gx, d), dot(gy, d), dot(gz, d)))
  }
}
