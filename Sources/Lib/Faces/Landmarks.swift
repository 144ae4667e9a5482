/// The 68 landmarks of the iBUG annotation as points of the head. Order: jaw (17, from the image's left),
/// brows (2 x 5), nose (4 + 5), eyes (2 x 6), outer lips (12), inner lips (8); "left" is always the left of
/// the image.
public enum Landmarks {
  /// The number of landmarks.
  public static let count = 68

  /// Fills `points` (68 entries) with head coordinates.
  static func place(_ shape: FaceShape, _ put: (Int, SIMD3<Float>) -> Void) {
    jaw(shape, put)
    brows(shape, put)
    nose(shape, put)
    eyes(shape, put)
    mouth(shape, put)
  }

  /// The outline from ear to ear, just in front of the silhouette so that a frontal view shows all of it.
  private static func jaw(_ shape: FaceShape, _ put: (Int, SIMD3<Float>) -> Void) {
    let head = shape.head
    for index in 0..<17 {
      // From 10 degrees above the horizontal on one side through the chin to the other.
      let angle = Float(index - 8) / 8
      let (sine, cosine) = jawDirection(angle)
      let y = 0.985 * cosine * (cosine > 0 ? head.lower : head.upper)
      let x = 0.985 * sine * head.width * head.narrowing(y)
      put(index, SIMD3(x, y, head.surface(x, y)))
    }
  }

  /// Sine and cosine of 100 degrees times `share`, measured from the chin, by the double-angle-free rational
  /// parametrisation of the circle (uniform enough, and exact in mirror images).
  private static func jawDirection(_ share: Float) -> (Float, Float) {
    let t = share * 1.1917536  // tan(100 degrees / 2)
    let r = 1 + t * t
    return (2 * t / r, (1 - t * t) / r)
  }

  private static func brows(_ shape: FaceShape, _ put: (Int, SIMD3<Float>) -> Void) {
    for index in 0..<10 {
      let side = index < 5 ? 0 : 1
      let brow = shape.half(side).brow
      let s = Float(side == 0 ? 4 - index : index - 5) / 4
      put(17 + index, shape.point(side, brow.innerU + s * (brow.outerU - brow.innerU), brow.height(s)))
    }
  }

  private static func nose(_ shape: FaceShape, _ put: (Int, SIMD3<Float>) -> Void) {
    let nose = shape.nose
    let solids = NoseSolids(shape, under: Rotation(Pose()))
    func surface(_ x: Float, _ y: Float) -> Float { solids.depth(x, y, head: shape.head.surface(x, y)) }
    for index in 0..<4 {
      let y = nose.rootY + (nose.tipY - nose.rootY) * Float(index) / 3
      put(27 + index, SIMD3(0, y, surface(0, y)))
    }
    let stations: [(side: Int, share: Float, dy: Float)] = [
      (0, 0.85, -0.005), (0, 0.45, 0.01), (0, 0, 0.018), (1, 0.45, 0.01), (1, 0.85, -0.005),
    ]
    for (index, station) in stations.enumerated() {
      let u = station.share * shape.half(station.side).noseWing
      let y = nose.baseY + station.dy
      let x = station.side == 0 ? -u : u
      put(31 + index, SIMD3(x, y, surface(x, y)))
    }
  }

  private static func eyes(_ shape: FaceShape, _ put: (Int, SIMD3<Float>) -> Void) {
    // Position along the eye (-1 inner corner, 1 outer) and lid: 0 corner, -1 upper, 1 lower.
    let left: [(s: Float, lid: Int)] = [(1, 0), (0.35, -1), (-0.35, -1), (-1, 0), (-0.35, 1), (0.35, 1)]
    let right: [(s: Float, lid: Int)] = [(-1, 0), (-0.35, -1), (0.35, -1), (1, 0), (0.35, 1), (-0.35, 1)]
    for (side, stations) in [left, right].enumerated() {
      let eye = shape.half(side).eye
      for (index, station) in stations.enumerated() {
        let arch = EyeShape.arch(station.s)
        let v = station.lid < 0 ? -eye.upper * arch : station.lid > 0 ? eye.lower * arch : 0
        let p = eye.point(station.s, v)
        put(36 + 6 * side + index, shape.point(side, p.x, p.y))
      }
    }
  }

  private static func mouth(_ shape: FaceShape, _ put: (Int, SIMD3<Float>) -> Void) {
    // Signed position from the image-left corner (-1) to the right one (1), and which of the four lip lines.
    let stations: [(t: Float, line: Int)] = [
      (-1, 0), (-0.62, 0), (-0.28, 0), (0, 0), (0.28, 0), (0.62, 0), (1, 0),
      (0.62, 3), (0.28, 3), (0, 3), (-0.28, 3), (-0.62, 3),
      (-0.85, 1), (-0.35, 1), (0, 1), (0.35, 1), (0.85, 1), (0.35, 2), (0, 2), (-0.35, 2),
    ]
    for (index, station) in stations.enumerated() {
      let side = station.t < 0 ? 0 : 1
      let half = shape.half(side)
      let t = abs(station.t)
      let y = shape.lips(t, cornerDY: half.cornerDY)[station.line]
      put(48 + index, shape.point(side, t * half.cornerU, y))
    }
  }
}

extension FaceShape {
  /// A point of the head's surface from mirrored coordinates.
  func point(_ side: Int, _ u: Float, _ y: Float) -> SIMD3<Float> {
    let x = side == 0 ? -u : u
    return SIMD3(x, y, head.surface(x, y))
  }
}
