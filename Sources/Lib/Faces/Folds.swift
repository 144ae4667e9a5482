/// A fold of the skin: an arc that darkens the skin and bends its normal. Mirrored coordinates.
struct Fold {
  /// The middle, the direction along (unit) and the reciprocal half length.
  let middle, along: SIMD2<Float>
  let inverseLength: Float
  /// How far the middle of the arc lies to the side of its ends.
  let sagitta: Float
  let inverseWidth: Float
  let depth: Float
  /// Outside this box the fold has no effect.
  let low, high: SIMD2<Float>

  init(from a: SIMD2<Float>, to b: SIMD2<Float>, sagitta: Float, width: Float, depth: Float) {
    middle = (a + b) * 0.5
    let d = (b - a) * 0.5
    let length = max((d * d).sum().squareRoot(), 1e-4)
    along = d / length
    inverseLength = 1 / length
    self.sagitta = sagitta
    inverseWidth = 1 / width
    self.depth = depth
    let margin = SIMD2<Float>(repeating: abs(sagitta) + width)
    low = pointwiseMin(a, b) - margin
    high = pointwiseMax(a, b) + margin
  }
}

/// The folds of one half of a face that are deep enough to draw.
final class Folds {
  /// More folds than the table below can produce.
  private static let capacity = 24
  private let items = UnsafeMutablePointer<Fold>.allocate(capacity: Folds.capacity)
  private var count = 0

  deinit { items.deallocate() }

  /// The smallest depth that is drawn.
  private static let threshold: Float = 0.02

  /// - Parameter pixel: the size of a pixel in face units; finer folds are widened to it and made fainter.
  init(_ scene: FaceScene, _ shape: FaceShape, _ controls: Controls, side: Int, pixel: Float) {
    let identity = scene.identity
    let half = shape.half(side)
    let (eye, brow) = (half.eye, half.brow)
    let (mouthY, noseY) = (shape.mouth.y, shape.nose.baseY)
    let cornerU = half.cornerU
    let cornerY = mouthY + half.cornerDY
    let age = max(0, identity.age - 0.35)
    var index: UInt32 = 40

    // One line per fold: ends, sagitta, width, the control that deepens it and its depth at rest.
    func fold(
      _ u0: Float, _ y0: Float, _ u1: Float, _ y1: Float, _ sagitta: Float, _ width: Float,
      _ control: Control?, rest: Float
    ) {
      // The two halves of a real face never fold alike.
      let wobble = identity.irregularity(index, side: side)
      index &+= 1
      let pull = control.map { controls[$0, side] } ?? 0
      let depth = (rest + max(0, pull)) * (1 + 0.2 * wobble)
      guard depth > Self.threshold else { return }
      let wide = max(width, 0.75 * pixel)
      let shift = SIMD2<Float>(0.25, 0.5) * (0.02 * wobble)
      append(
        Fold(
          from: SIMD2(u0, y0) + shift, to: SIMD2(u1, y1) + shift, sagitta: sagitta, width: wide,
          depth: min(depth, 1.4) * width / wide))
    }

    let forehead = brow.midY - 0.02
    let old = 0.35 * age
    fold(0, forehead - 0.09, 0.24, forehead - 0.07, 0.02, 0.030, .foreheadCentral, rest: old)
    fold(0, forehead - 0.16, 0.26, forehead - 0.15, 0.02, 0.030, .foreheadCentral, rest: old * 0.8)
    fold(0.22, forehead - 0.08, 0.52, forehead - 0.02, 0.04, 0.030, .foreheadLateral, rest: old * 0.6)
    fold(0.24, forehead - 0.15, 0.50, forehead - 0.10, 0.04, 0.030, .foreheadLateral, rest: old * 0.5)
    fold(0.045, brow.innerY - 0.06, 0.055, brow.innerY + 0.10, 0.012, 0.032, .glabella, rest: old * 0.6)
    fold(0.0, eye.y - 0.03, 0.07, eye.y - 0.045, 0.01, 0.030, .noseRoot, rest: 0)
    fold(0.0, eye.y + 0.02, 0.075, eye.y + 0.005, 0.01, 0.030, .noseRoot, rest: 0)
    fold(0.055, eye.y + 0.06, 0.105, eye.y + 0.13, 0.01, 0.030, .noseRoot, rest: 0)
    let outer = eye.u + eye.halfWidth
    fold(outer + 0.03, eye.y - 0.01, outer + 0.14, eye.y - 0.05, -0.01, 0.022, .crowsFeet, rest: old * 0.7)
    fold(outer + 0.035, eye.y + 0.03, outer + 0.15, eye.y + 0.03, 0, 0.022, .crowsFeet, rest: old * 0.7)
    fold(outer + 0.02, eye.y + 0.065, outer + 0.12, eye.y + 0.11, 0.01, 0.022, .crowsFeet, rest: old * 0.5)
    fold(
      eye.u - 0.12, eye.y + eye.lower + 0.06, eye.u + 0.12, eye.y + eye.lower + 0.075, -0.035, 0.04, nil,
      rest: 0.12 + 0.5 * age + 0.15 * half.cheekLift)
    fold(
      half.noseWing + 0.01, noseY - 0.07, max(cornerU, 0.24) + 0.055, cornerY + 0.0, 0.035, 0.05, .nasolabial,
      rest: 0.10 + 0.6 * age)
    fold(
      cornerU + 0.035, cornerY + 0.015, cornerU + 0.04, cornerY + 0.13, -0.02, 0.04, .cornerFold,
      rest: 0.3 * age)
    fold(
      cornerU + 0.05, cornerY - 0.08, cornerU + 0.06, cornerY + 0.09, -0.02, 0.04, .stretchFold, rest: 0)
    let chinY = shape.mouth.y + shape.mouth.gapDown + shape.mouth.lower + 0.045
    fold(0, chinY, 0.16, chinY + 0.025, -0.015, 0.035, .chinFold, rest: 0.22)
  }

  private func append(_ fold: Fold) {
    guard count < Self.capacity else { return }
    (items + count).initialize(to: fold)
    count += 1
  }

  /// Adds the folds' gradient at a point and returns the share of light they swallow.
  @inline(__always) func bend(_ u: Float, _ y: Float, _ gradient: inout SIMD2<Float>) -> Float {
    var shade: Float = 0
    for index in 0..<count {
      let fold = items[index]
      if u < fold.low.x || u > fold.high.x || y < fold.low.y || y > fold.high.y { continue }
      let dx = u - fold.middle.x
      let dy = y - fold.middle.y
      let s = (dx * fold.along.x + dy * fold.along.y) * fold.inverseLength
      let taper = 1 - s * s
      if taper <= 0 { continue }
      let d = (dy * fold.along.x - dx * fold.along.y + fold.sagitta * taper) * fold.inverseWidth
      let k = 1 - d * d
      if k <= 0 { continue }
      let strength = fold.depth * taper
      shade += strength * k * k
      // A valley: the height falls towards its middle line.
      let slope = 1.1 * strength * k * d
      gradient.x -= slope * fold.along.y
      gradient.y += slope * fold.along.x
    }
    return shade
  }
}
