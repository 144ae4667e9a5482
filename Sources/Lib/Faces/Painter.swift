/// Paints the front of the head: for a point of the drawing plane its colour, relief and gloss. Both halves
/// are painted by the same code in mirrored coordinates, each with its own shape.
struct Painter {
  let shape: FaceShape
  let left, right: HalfPainter

  init(_ scene: FaceScene, _ shape: FaceShape, camera: Camera) {
    self.shape = shape
    let controls = Controls(scene.activation, exaggeration: scene.exaggeration)
    let light = camera.rotation.inverse(scene.conditions.light.direction)
    func half(_ side: Int) -> HalfPainter {
      HalfPainter(
        pen: Pen(pixelsPerUnit: camera.scale), identity: scene.identity, half: shape.half(side), shape: shape,
        folds: Folds(scene, shape, controls, side: side, pixel: 1 / camera.scale),
        colours: Colours(scene.identity), reflex: SIMD2(side == 0 ? -light.x : light.x, light.y) * 0.035)
    }
    left = half(0)
    right = half(1)
  }
}

/// The colours of a subject.
struct Colours: Sendable {
  let skin, lip, brow, iris, beard, blush, shadow: SIMD3<Float>

  init(_ identity: Identity) {
    skin = Palette.skin(identity.skinTone)
    let natural = skin * SIMD3(0.80, 0.54, 0.52) + SIMD3(0.05, 0.02, 0.025)
    lip = mix(natural, SIMD3(0.70, 0.12, 0.18), 0.75 * identity.makeUp)
    brow = mix(identity.hair * 0.75, SIMD3(0.10, 0.08, 0.07), identity.makeUp * 0.3)
    iris = identity.iris
    beard = mix(identity.hair * 0.85, skin, 0.12)
    blush = skin * SIMD3(1.02, 0.80, 0.78)
    shadow = skin * SIMD3(0.60, 0.45, 0.50)
  }
}

/// Paints one half of a face.
final class HalfPainter {
  let pen: Pen
  let identity: Identity
  let half: HalfShape
  let shape: FaceShape
  let folds: Folds
  let colours: Colours
  /// Where the light's reflex sits in the eye, relative to the iris.
  let reflex: SIMD2<Float>

  init(
    pen: Pen, identity: Identity, half: HalfShape, shape: FaceShape, folds: Folds, colours: Colours,
    reflex: SIMD2<Float>
  ) {
    self.pen = pen
    self.identity = identity
    self.half = half
    self.shape = shape
    self.folds = folds
    self.colours = colours
    self.reflex = reflex
  }

  /// The paint at a point `u` from the midline and `y` below the middle of the head.
  @inline(__always) func paint(_ u: Float, _ y: Float) -> Paint {
    var paint = Paint(albedo: colours.skin)
    relief(u, y, &paint)
    paint.shade = min(0.36, 0.20 * folds.bend(u, y, &paint.gradient))
    if identity.beard > 0 { beard(u, y, &paint) }
    nostrils(u, y, &paint)
    mouth(u, y, &paint)
    eye(u, y, &paint)
    brow(u, y, &paint)
    if identity.glasses { glasses(u, y, &paint) }
    return paint
  }

  /// The soft forms of the face: brow ridge, eye socket, cheek, chin, temple.
  @inline(__always) private func relief(_ u: Float, _ y: Float, _ paint: inout Paint) {
    let eye = half.eye
    let lift = half.cheekLift
    var g = SIMD2<Float>.zero
    let socket = hill(u, y, at: eye.u - 0.03, eye.y - 0.045, radius: 0.27, 0.19, height: -0.035, &g)
    _ = hill(u, y, at: 0.28, half.brow.midY + 0.03, radius: 0.34, 0.13, height: 0.022, &g)
    let cheekY = 0.5 * (eye.y + shape.mouth.y) + 0.02 - 0.06 * lift
    let cheek = hill(
      u, y, at: 0.42, cheekY, radius: 0.27, 0.25,
      height: 0.015 + 0.02 * identity.cheekFullness + 0.028 * lift, &g)
    let chinY = shape.head.lower - 0.17
    _ = hill(u, y, at: 0, chinY, radius: 0.24, 0.19, height: 0.035 + 0.03 * shape.chinBoss, &g)
    // The groove between nose and lip.
    let groove = hill(
      u, y, at: 0, 0.5 * (shape.nose.baseY + shape.mouth.y) - 0.01, radius: 0.05, 0.11, height: -0.012, &g)
    if half.dimple > 0 {
      let pit = hill(
        u, y, at: half.cornerU + 0.035, shape.mouth.y + half.cornerDY, radius: 0.07, 0.09,
        height: -0.02 * half.dimple, &g)
      paint.shade += 0.5 * half.dimple * pit
    }
    paint.gradient = g
    paint.albedo = mix(paint.albedo, colours.shadow, 0.16 * socket + 0.05 * groove)
    paint.albedo = mix(paint.albedo, colours.blush, cheek * (0.24 + 0.10 * lift + 0.3 * identity.makeUp))
  }

  @inline(__always) private func nostrils(_ u: Float, _ y: Float, _ paint: inout Paint) {
    let baseY = shape.nose.baseY
    if abs(y - baseY) > 0.12 || u > 0.22 { return }
    let du = (u - half.noseWing * 0.47) / 0.040
    let dy = (y - baseY + 0.004) / 0.020
    let r = (du * du + dy * dy).squareRoot()
    paint.albedo = mix(paint.albedo, colours.shadow * 0.45, 0.72 * pen.edge((1 - r) * 0.026))
    // The shadow the nose throws on the lip.
    var ignored = SIMD2<Float>.zero
    let under = hill(u, y, at: 0, baseY + 0.035, radius: half.noseWing * 1.15, 0.05, height: 0, &ignored)
    paint.albedo = mix(paint.albedo, colours.shadow, 0.35 * under)
  }

  @inline(__always) private func brow(_ u: Float, _ y: Float, _ paint: inout Paint) {
    let brow = half.brow
    let s = (u - brow.innerU) / (brow.outerU - brow.innerU)
    if s < -0.3 || s > 1.3 || abs(y - brow.midY) > 0.35 { return }
    let held = unit(s)
    let distance = y - brow.height(held)
    // Full at the inner third, thin at the tail.
    let thickness = brow.thickness * (1 - 0.65 * held * held)
    let span = brow.outerU - brow.innerU
    let ends = pen.edge(s * span + 0.01) * pen.edge((1 - s) * span)
    let cover = pen.line(distance, thickness) * ends
    if cover <= 0 { return }
    let hairs = 0.90 + 0.10 * Grain.signed(identity.grain, UInt32(bitPattern: Int32(u * 90 + y * 40)))
    paint.albedo = mix(paint.albedo, colours.brow, 0.88 * cover * hairs)
    paint.gloss *= 1 - cover
  }

  /// Stubble to full beard: the lower face below a line from the ear to the moustache, without the lips.
  @inline(__always) private func beard(_ u: Float, _ y: Float, _ paint: inout Paint) {
    let top = shape.nose.baseY + 0.075
    if y < -0.15 { return }
    // The border runs level over the lip, falls beside the mouth and climbs to the ear.
    let side = u - 0.34
    let border =
      side < 0
      ? top + 0.55 * u * u : top + 0.0636 + 0.374 * side - 5.2 * max(0, side - 0.18) * max(0, side - 0.18) * 2
    let around = smoothStep(0, 0.09, y - border)
    // A little bare skin under the lower lip.
    let du = u / 0.15
    let dy = (y - shape.mouth.y - shape.mouth.gapDown - shape.mouth.lower - 0.06) / 0.055
    let bare = unit(1 - du * du - dy * dy) * 0.5
    let grain =
      0.88 + 0.12 * Grain.signed(identity.grain, UInt32(bitPattern: Int32(u * 70) &* 131 &+ Int32(y * 70)))
    paint.albedo = mix(paint.albedo, colours.beard, around * (1 - bare) * identity.beard * grain)
    paint.gloss *= 1 - around
  }

  /// Two rounded frames, a bridge and the temples.
  @inline(__always) private func glasses(_ u: Float, _ y: Float, _ paint: inout Paint) {
    let centreU = identity.eyeX + 0.005
    let dx = abs(u - centreU) / 0.245
    let dy = abs(y - identity.eyeY - 0.025) / 0.185
    if dy > 1.4 { return }
    let x2 = dx * dx
    let y2 = dy * dy
    let radius = (x2 * x2 + y2 * y2).squareRoot().squareRoot()
    let distance = (radius - 1) * 0.2
    var frame = pen.line(distance, 0.019)
    let bridgeY = y - identity.eyeY + 0.025
    if u < centreU - 0.2 { frame = max(frame, pen.line(bridgeY, 0.018)) }
    if u > centreU + 0.22 { frame = max(frame, pen.line(bridgeY - 0.02, 0.018)) }
    let lens = pen.edge(-distance)
    paint.albedo = mix(paint.albedo, SIMD3(0.80, 0.86, 0.92), 0.10 * lens)
    paint.albedo = mix(
      paint.albedo, identity.hairIsDark ? SIMD3(0.09, 0.08, 0.09) : SIMD3(0.32, 0.17, 0.10), frame)
    paint.glow *= 1 - frame
  }
}
