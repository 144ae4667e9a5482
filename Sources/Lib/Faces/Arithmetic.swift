/// `a` and `b` mixed: `a` at 0, `b` at 1.
@inline(__always) func mix(_ a: SIMD3<Float>, _ b: SIMD3<Float>, _ share: Float) -> SIMD3<Float> {
  a + (b - a) * share
}

/// `a` and `b` mixed: `a` at 0, `b` at 1.
@inline(__always) func mix(_ a: Float, _ b: Float, _ share: Float) -> Float { a + (b - a) * share }

/// `value` held inside 0...1.
@inline(__always) func unit(_ value: Float) -> Float { min(max(value, 0), 1) }

/// The smooth step from 0 at `low` to 1 at `high` (either order).
@inline(__always) func smoothStep(_ low: Float, _ high: Float, _ value: Float) -> Float {
  let t = unit((value - low) * (1 / (high - low)))
  return t * t * (3 - 2 * t)
}

/// The dot product.
@inline(__always) func dot(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> Float {
  a.x * b.x + a.y * b.y + a.z * b.z
}

/// `v` with length 1; a zero vector stays zero.
@inline(__always) func normalised(_ v: SIMD3<Float>) -> SIMD3<Float> {
  v * (1 / max(dot(v, v), 1e-20).squareRoot())
}
