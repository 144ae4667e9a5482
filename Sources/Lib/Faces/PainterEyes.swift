extension HalfPainter {
  /// Eyeball, lids, lashes and the lid's fold.
  @inline(__always) func eye(_ u: Float, _ y: Float, _ paint: inout Paint) {
    let eye = half.eye
    let pu = u - eye.u
    let py = y - eye.y
    if abs(py) > 0.26 || abs(pu) > 0.30 { return }
    let cosine = 1 - 0.5 * eye.tilt * eye.tilt
    let along = cosine * pu - eye.tilt * py
    let v = eye.tilt * pu + cosine * py
    let s = along / eye.halfWidth
    let arch = EyeShape.arch(s)
    let top = -eye.upper * arch
    let bottom = eye.lower * arch
    let ends = pen.edge(eye.halfWidth - abs(along) + 0.01)

    // The lid between lashes and fold, then the fold itself, which rests where the open eye leaves it.
    let foldY = -(max(eye.upper, 0.6 * identity.eyeOpening) + eye.crease) * max(0, 1 - 0.8 * s * s)
    let lid = pen.edge(v - foldY) * pen.edge(top - v) * ends
    if lid > 0 {
      let shadowed = mix(colours.skin * 0.93, SIMD3(0.42, 0.33, 0.45), 0.55 * identity.makeUp)
      paint.albedo = mix(paint.albedo, shadowed, lid)
    }
    paint.albedo = mix(paint.albedo, colours.shadow * 0.9, 0.55 * pen.line(v - foldY, 0.010) * ends)

    let opening = max(0, pen.edge(v - top) - pen.edge(v - bottom)) * ends
    if opening > 0 {
      let ball = eyeball(along, v, s: s, top: top)
      paint.albedo = mix(paint.albedo, ball.colour, opening)
      paint.glow = ball.glow * opening
      paint.gradient *= 1 - opening
      paint.shade *= 1 - opening
      paint.gloss *= 1 - opening
    }

    // Lashes are heavier towards the outer corner; closed lids show them as one line.
    let weight = (0.012 + 0.006 * s + 0.008 * identity.makeUp)
    let reach = pen.edge(eye.halfWidth * 1.06 - abs(along))
    let lashes = pen.line(v - top + 0.004, max(0.005, weight)) * reach
    paint.albedo = mix(paint.albedo, SIMD3(0.09, 0.06, 0.06), 0.92 * lashes)
    let lower = pen.line(v - bottom - 0.004, 0.006) * ends
    paint.albedo = mix(paint.albedo, colours.shadow * 0.7, 0.5 * lower)
  }

  /// White, iris, pupil and the reflex of the light.
  @inline(__always) private func eyeball(
    _ along: Float, _ v: Float, s: Float, top: Float
  ) -> (colour: SIMD3<Float>, glow: Float) {
    let eye = half.eye
    // Shaded by the upper lid and rounded towards the corners.
    let lidShadow = mix(0.72, 1, unit((v - top) * 14))
    var colour = SIMD3<Float>(0.95, 0.93, 0.91) * (lidShadow * (1 - 0.18 * s * s))
    let dx = along - eye.irisU
    let dy = v - eye.irisY
    let r = (dx * dx + dy * dy).squareRoot()
    let iris = pen.edge(eye.irisRadius - r)
    if iris > 0 {
      // A dark rim, a lighter ring below the middle, a pupil.
      let share = r / eye.irisRadius
      let ring = 1.15 - 0.55 * share * share + 0.25 * unit(dy / eye.irisRadius)
      colour = mix(colour, colours.iris * (ring * mix(0.75, 1, lidShadow)), iris)
      colour = mix(colour, SIMD3(repeating: 0.03), pen.edge(0.42 * eye.irisRadius - r))
    }
    let hx = dx - reflex.x
    let hy = dy - reflex.y
    let glow = pen.line((hx * hx + hy * hy).squareRoot(), 0.016)
    return (colour, glow)
  }
}
