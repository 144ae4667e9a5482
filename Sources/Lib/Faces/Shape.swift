/// One eye in mirrored coordinates: `u` outwards from the midline, `y` downwards.
struct EyeShape: Sendable {
  /// Centre between the corners, half the distance between them, and the tilt (sine; outer corner up).
  var u, y, halfWidth, tilt: Float
  /// Height of the upper and lower lid above and below the line between the corners, at the middle.
  var upper, lower: Float
  /// Iris centre relative to the eye, and its radius.
  var irisU, irisY, irisRadius: Float
  /// How far the lid's fold lies above the lid.
  var crease: Float

  /// The lid's profile at `s` in -1...1 along the eye.
  @inline(__always) static func arch(_ s: Float) -> Float { max(0, 1 - s * s) }

  /// A point of the eye frame (`s` along the eye, `v` down) in mirrored coordinates.
  func point(_ s: Float, _ v: Float) -> SIMD2<Float> {
    let c = (1 - tilt * tilt).squareRoot()
    let along = s * halfWidth
    return SIMD2(u + c * along + tilt * v, y - tilt * along + c * v)
  }
}

/// One brow: a quadratic through an inner, a middle and an outer point of mirrored coordinates.
struct BrowShape: Sendable {
  var innerU, outerU: Float
  var innerY, midY, outerY: Float
  var thickness: Float

  /// The height of the centre line at the share `s` in 0...1 from inner to outer end.
  @inline(__always) func height(_ s: Float) -> Float {
    innerY * (2 * s - 1) * (s - 1) + midY * 4 * s * (1 - s) + outerY * s * (2 * s - 1)
  }
}

/// The mouth's midline values; the corners belong to the halves.
struct MouthShape: Sendable {
  /// Where closed lips meet, the height of the upper and of the lower lip, and how far each moves from the
  /// meeting line.
  var y, upper, lower, gapUp, gapDown: Float
  /// 0: the opening is a crescent, 1: an ellipse.
  var roundness: Float
  /// The upper teeth's edge below the upper lip's rest line.
  var teeth: Float

  var gap: Float { gapUp + gapDown }
}

/// What differs between the two halves of a face.
struct HalfShape: Sendable {
  var eye: EyeShape
  var brow: BrowShape
  /// The mouth's corner, relative to the midline and to ``MouthShape/y``.
  var cornerU, cornerDY: Float
  var cheekLift, nasolabial, dimple: Float
  /// Half the width of the nose on this side.
  var noseWing: Float
}

/// The nose's midline.
struct NoseShape: Sendable {
  var rootY, baseY, projection: Float
  var tipY: Float { baseY - 0.075 }
}

/// The shape of one face: identity, moved by action units. Everything drawn and every landmark derives from
/// it.
struct FaceShape: Sendable {
  let head: Head
  let left, right: HalfShape
  let mouth: MouthShape
  let nose: NoseShape
  let chinBoss: Float

  init(_ identity: Identity, _ controls: Controls, gaze: SIMD2<Float>) {
    head = Head(
      width: identity.halfWidth, upper: identity.upperHeight,
      lower: identity.lowerHeight + controls.mean(.jawDrop), depth: identity.depth, taper: identity.taper)
    left = Self.half(identity, controls, side: 0, gaze: SIMD2(-gaze.x, gaze.y))
    right = Self.half(identity, controls, side: 1, gaze: gaze)
    mouth = Self.mouth(identity, controls)
    nose = NoseShape(
      rootY: identity.eyeY - 0.03, baseY: identity.eyeY + identity.noseLength + controls.mean(.noseBaseY),
      projection: identity.noseProjection)
    chinBoss = controls.mean(.chinBoss)
  }

  /// The half a point belongs to: 0 at the left of the image.
  func half(_ side: Int) -> HalfShape { side == 0 ? left : right }

  private static func half(_ identity: Identity, _ controls: Controls, side: Int, gaze: SIMD2<Float>)
    -> HalfShape
  {
    func wobble(_ index: UInt32, _ size: Float) -> Float { identity.irregularity(index, side: side) * size }
    let open = controls[.lidOpening, side]
    let upperRest = identity.eyeOpening + wobble(1, 0.004) + controls[.upperLid, side]
    let lower = max(-0.01, 0.72 * identity.eyeOpening + controls[.lowerLid, side])
    // A closing lid travels down to just above the lower one.
    let upper = max(upperRest, 0.01 - lower) * open - (lower - 0.006) * (1 - open)
    let rest = identity.eyeOpening
    let eye = EyeShape(
      u: identity.eyeX, y: identity.eyeY + wobble(2, 0.008), halfWidth: identity.eyeWidth,
      tilt: identity.eyeTilt + wobble(3, 0.02), upper: upper, lower: lower,
      irisU: gaze.x * 0.06, irisY: -0.09 * rest + gaze.y * 0.025, irisRadius: 0.98 * rest, crease: 0.045)

    let browY = identity.browY + wobble(4, 0.012)
    let innerU = 0.105 + controls[.browInnerX, side]
    let brow = BrowShape(
      innerU: innerU, outerU: 0.105 + identity.browLength,
      innerY: browY + 0.01 + controls[.browInnerY, side],
      midY: browY - identity.browArch + controls[.browMidY, side],
      outerY: browY + 0.035 + wobble(5, 0.01) + controls[.browOuterY, side],
      thickness: identity.browThickness)

    return HalfShape(
      eye: eye, brow: brow, cornerU: max(0.10, identity.mouthWidth + controls[.cornerX, side]),
      cornerDY: controls[.cornerY, side] + wobble(6, 0.006),
      cheekLift: controls[.cheekRaise, side], nasolabial: controls[.nasolabial, side],
      dimple: controls[.dimple, side], noseWing: identity.noseWidth * (1 + controls[.noseWing, side]))
  }

  private static func mouth(_ identity: Identity, _ controls: Controls) -> MouthShape {
    let factor = controls.mean(.lipThickness)
    let gap = max(0, controls.mean(.mouthGap))
    let lift = controls.mean(.upperLipY)
    let drop = controls.mean(.lowerLipY)
    let lower = max(0.012, identity.lowerLip * factor * controls.mean(.lowerLipThickness))
    // The lips never cross: where the lower one is pushed beyond the upper one it carries both.
    let gapUp = 0.25 * gap - lift
    let gapDown = 0.75 * gap + drop
    let push = min(0, gapUp + gapDown)
    return MouthShape(
      y: identity.mouthY + (push < 0 ? push - gapUp : 0), upper: max(0.012, identity.upperLip * factor),
      lower: lower,
      gapUp: push < 0 ? 0 : gapUp, gapDown: push < 0 ? 0 : gapDown, roundness: unit(gap * 5 - 0.3),
      teeth: 0.05)
  }
}

extension FaceShape {
  /// The four lip lines at `t` in 0...1 from the midline to a corner: upper outer, upper inner, lower inner
  /// and lower outer heights.
  @inline(__always) func lips(_ t: Float, cornerDY: Float) -> SIMD4<Float> {
    let p = max(0, 1 - t * t)
    let base = mouth.y + cornerDY * t * t
    let opening = mix(p, p.squareRoot(), mouth.roundness)
    let up = base - mouth.gapUp * opening
    let down = base + mouth.gapDown * opening
    // The upper lip dips at the midline (Cupid's bow) and peaks at a third of the way.
    let bow = 0.84 + 0.9 * t - 0.55 * t * t
    let full = mix(p, p.squareRoot(), 0.35)
    return SIMD4(up - mouth.upper * p * bow, up, down, down + mouth.lower * full)
  }
}
