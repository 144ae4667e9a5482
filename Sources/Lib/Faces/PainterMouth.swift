extension HalfPainter {
  /// Lips, and what shows between them: teeth, tongue and the dark.
  @inline(__always) func mouth(_ u: Float, _ y: Float, _ paint: inout Paint) {
    let mouth = shape.mouth
    let width = half.cornerU
    if u > width + 0.12 || abs(y - mouth.y) > 0.65 { return }
    let t = min(u / width, 1)
    let lines = shape.lips(t, cornerDY: half.cornerDY)
    if y < lines.x - 0.15 || y > lines.w + 0.2 { return }
    let inside = pen.edge(width - u + 0.01)
    let upperOuter = pen.edge(y - lines.x)
    let upperInner = pen.edge(y - lines.y)
    let lowerInner = pen.edge(y - lines.z)
    let lowerOuter = pen.edge(y - lines.w)
    let upper = max(0, upperOuter - upperInner) * inside
    let open = max(0, upperInner - lowerInner) * inside
    let lower = max(0, lowerInner - lowerOuter) * inside

    // The soft shadow under the lower lip.
    let under = unit(1 - abs(y - lines.w - 0.045) * 18) * unit(1.15 - 1.3 * t)
    paint.albedo = mix(paint.albedo, colours.shadow, 0.30 * under * (1 - lower))

    let lips = upper + lower
    if lips > 0 {
      // The upper lip faces down, the lower one up: that is most of what makes lips look full.
      paint.albedo = mix(paint.albedo, colours.lip * (upper > lower ? 0.86 : 1.04), min(1, lips))
      let m = unit((y - lines.z) / max(0.02, lines.w - lines.z))
      paint.gradient.y += lower * (0.5 - 1.1 * m) - 0.45 * upper
      paint.gloss = mix(paint.gloss, 0.30 + 0.2 * identity.makeUp, lower)
      paint.shade *= 1 - lips
    }
    if open > 0 { paint.albedo = mix(paint.albedo, cavity(u, y, t: t, lines: lines), open) }
    if open > 0 { paint.gradient *= 1 - open; paint.gloss *= 1 - open; paint.shade *= 1 - open }

    // Where closed lips meet, a line; it thins out as they part.
    let meeting = 0.5 * (lines.y + lines.z)
    let gap = lines.z - lines.y
    let seam = pen.line(y - meeting, 0.011 + 0.5 * max(0, gap) * t * t) * unit(1 - 9 * gap)
    let reach = pen.edge(width + 0.012 - u)
    paint.albedo = mix(paint.albedo, SIMD3(0.20, 0.07, 0.07) + colours.skin * 0.06, 0.85 * seam * reach)
    // The corner itself is a small dark pit.
    let cx = u - width
    let cy = y - mouth.y - half.cornerDY
    let corner = pen.line((cx * cx + cy * cy).squareRoot(), 0.018)
    paint.albedo = mix(paint.albedo, colours.shadow * 0.6, 0.5 * corner)
  }

  @inline(__always) private func cavity(_ u: Float, _ y: Float, t: Float, lines: SIMD4<Float>) -> SIMD3<Float>
  {
    let mouth = shape.mouth
    var colour = SIMD3<Float>(0.20, 0.06, 0.06)
    if mouth.gap > 0.12 {
      let tongue = pen.edge(y - (lines.z - 0.30 * mouth.gap * (1 - t * t))) * unit(1.3 - t)
      colour = mix(colour, SIMD3(0.66, 0.30, 0.30), 0.85 * tongue)
    }
    // The upper teeth belong to the skull: they stay while the lips move.
    let edge = mouth.y + half.cornerDY * t * t * 0.8 + mouth.teeth * (1 - 0.5 * t * t)
    let teeth = pen.edge(edge - y)
    let white = SIMD3<Float>(0.95, 0.93, 0.88) * (1 - 0.45 * t * t)
    return mix(colour, white, teeth * unit(4 - 4 * t))
  }
}
