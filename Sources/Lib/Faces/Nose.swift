/// The solids of a nose as the camera sees them: a bridge, a tip and two wings, joined smoothly to the head.
struct NoseSolids {
  /// How wide the joint between two solids is.
  static let joint: Float = 0.06

  let bridge, tip, leftWing, rightWing: Ellipsoid
  /// The tip and the reach around it outside which there is no nose, in the camera plane.
  let centre: SIMD2<Float>
  let reach2: Float

  init(_ shape: FaceShape, under rotation: Rotation) {
    let nose = shape.nose
    let length = nose.baseY - nose.rootY
    let middle = nose.rootY + 0.50 * length
    let root = shape.head.surface(0, nose.rootY)
    let base = shape.head.surface(0, nose.baseY)
    let rise = nose.projection
    let lean = min(0.6, max(0, (base + rise - 0.05 - root) / (1.25 * length)))
    bridge = Ellipsoid(
      centre: SIMD3(0, middle, (root + base + rise) * 0.5 - 0.10), axes: SIMD3(0.075, 0.60 * length, 0.12),
      lean: lean,
      under: rotation)
    let tipCentre = SIMD3(0, nose.tipY, base + rise - 0.095)
    tip = Ellipsoid(centre: tipCentre, axes: SIMD3(0.088, 0.080, 0.10), under: rotation)
    func wing(_ side: Int) -> Ellipsoid {
      let u = shape.half(side).noseWing - 0.052
      return Ellipsoid(
        centre: SIMD3(side == 0 ? -u : u, nose.baseY - 0.052, base + 0.025), axes: SIMD3(0.056, 0.060, 0.085),
        under: rotation)
    }
    leftWing = wing(0)
    rightWing = wing(1)
    let hub = rotation(SIMD3(0, middle, (root + base) * 0.5 + rise * 0.4))
    centre = SIMD2(hub.x, hub.y)
    let reach = 0.62 * length + 0.12
    reach2 = reach * reach
  }

  /// Whether a ray passes anywhere near the nose.
  @inline(__always) func isNear(_ x: Float, _ y: Float) -> Bool {
    let dx = x - centre.x
    let dy = y - centre.y
    return dx * dx + dy * dy < reach2
  }

  /// The front of head and nose together along the camera axis, given the head's.
  func depth(_ x: Float, _ y: Float, head: Float) -> Float {
    var z = head
    for solid in [bridge, tip, leftWing, rightWing] {
      if let hit = solid.meet(x, y), hit.margin > 0 { z = join(z, hit.depth).depth }
    }
    return z
  }

  /// The smooth maximum of two depths and the share of the second.
  @inline(__always) func join(_ a: Float, _ b: Float) -> (depth: Float, share: Float) {
    let share = unit(0.5 + 0.5 * (b - a) / Self.joint)
    return (a + (b - a) * share + Self.joint * share * (1 - share), share)
  }
}
