/// The light in head coordinates, and what it makes of a surface.
struct Shading: Sendable {
  private let light: Light
  private let tint: SIMD3<Float>
  private let direction, halfway, up: SIMD3<Float>

  init(_ light: Light, rotation: Rotation) {
    self.light = light
    tint = light.tint * light.gain
    direction = rotation.inverse(light.direction)
    halfway = normalised(direction + rotation.z)
    up = -rotation.y
  }

  /// The colour of a surface with this albedo and unit normal. Light wraps a little around the terminator,
  /// as it does in skin; the light without direction comes more from above.
  @inline(__always) func colour(
    _ albedo: SIMD3<Float>, _ normal: SIMD3<Float>, shade: Float, gloss: Float
  ) -> SIMD3<Float> {
    let facing = dot(normal, direction)
    let lambert = max(0, (facing + 0.22) * 0.82)
    let sky = 0.85 + 0.15 * dot(normal, up)
    let amount = light.ambient * sky + (1.2 - light.ambient) * lambert
    // Shadows on skin are warmer than its lights.
    let warmth = 1 - min(1, lambert)
    let tone = SIMD3<Float>(1 + 0.02 * warmth, 1 - 0.05 * warmth, 1 - 0.07 * warmth)
    var glint = max(0, dot(normal, halfway))
    glint *= glint
    glint *= glint
    glint *= glint
    glint *= glint
    return (albedo * tone * (amount * (1 - shade)) + SIMD3(repeating: gloss * glint * glint)) * tint
  }
}
