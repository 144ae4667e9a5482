/// Hair and hat: a shell around the head that exists where the cut of hair says so. The shell is a solid of
/// its own, so it stays in place on a turning head and meets the skin without a seam.
final class Hair {
  private let shell, back, hat: Ellipsoid
  private let identity: Identity
  private let pen: Pen
  private let rotation: Rotation
  private let style: Cut
  let hasBack: Bool
  let hasShell: Bool

  /// The numbers of a cut: how far the shell stands off, how far the hair comes down at the sides and on the
  /// forehead.
  private struct Cut {
    var lift, sides, fringe, arch: Float
  }

  private static func cut(_ style: HairStyle) -> Cut {
    switch style {
    case .bald: Cut(lift: 0, sides: -2, fringe: 0, arch: 0.9)
    case .cropped: Cut(lift: 0.03, sides: 0.0, fringe: 0, arch: 0.93)
    case .short: Cut(lift: 0.075, sides: 0.12, fringe: 0.0, arch: 0.97)
    case .fringe: Cut(lift: 0.085, sides: 0.42, fringe: 0.17, arch: 0.84)
    case .long: Cut(lift: 0.09, sides: 1.6, fringe: 0.0, arch: 1.0)
    }
  }

  init(_ identity: Identity, head: Head, camera: Camera) {
    self.identity = identity
    pen = Pen(pixelsPerUnit: camera.scale)
    rotation = camera.rotation
    style = Self.cut(identity.hairStyle)
    hasShell = identity.hairStyle != .bald
    hasBack = identity.hairStyle == .long || identity.hairStyle == .fringe
    let lift = style.lift
    shell = Ellipsoid(
      centre: SIMD3(0, -0.02 - 0.3 * lift, -0.02),
      axes: SIMD3(head.width + lift + 0.01, head.upper + 0.8 * lift, head.depth + lift + 0.015),
      under: rotation)
    let length: Float = identity.hairStyle == .long ? 1.35 : 0.95
    back = Ellipsoid(
      centre: SIMD3(0, 0.12 + 0.25 * (length - 0.95), -0.32), axes: SIMD3(head.width + 0.13, length, 0.55),
      under: rotation)
    hat = Ellipsoid(
      centre: SIMD3(0, -0.12, -0.02),
      axes: SIMD3(head.width + 0.12, head.upper + 0.06, head.depth + 0.11), under: rotation)
  }

  /// Hair hanging behind the head: colour and coverage.
  @inline(__always) func behind(_ x: Float, _ y: Float, _ shading: Shading) -> (SIMD3<Float>, Float) {
    guard hasBack, let hit = back.meet(x, y) else { return (.zero, 0) }
    let cover = pen.edge(hit.margin)
    if cover <= 0 { return (.zero, 0) }
    let normal = back.normal(x, y, hit.depth)
    return (shading.colour(strands(x, y) * 0.62, normal, shade: 0, gloss: 0), cover)
  }

  /// The inside of the hair on the far side of the head, seen past the face.
  @inline(__always) func lining(_ x: Float, _ y: Float, over under: SIMD3<Float>) -> SIMD3<Float> {
    guard hasShell, let hit = shell.meet(x, y), hit.margin > -0.1 else { return under }
    let p = rotation.inverse(SIMD3(x, y, 2 * shell.middle(x, y) - hit.depth))
    let cover = pen.edge(hit.margin) * pen.edge((hairline(p) - p.y) * 0.8)
    return mix(under, identity.hair * 0.42, cover)
  }

  /// Hair and hat in front of the surface at `depth`: colour and coverage.
  @inline(__always) func above(_ x: Float, _ y: Float, _ shading: Shading) -> (SIMD3<Float>, Float) {
    var colour = SIMD3<Float>.zero
    var cover: Float = 0
    if hasShell, let hit = shell.meet(x, y) {
      let p = rotation.inverse(SIMD3(x, y, hit.depth))
      let outline = pen.edge(hit.margin)
      let line = hairline(p)
      // Long hair falls beside the face, not over the throat.
      let parted = p.y > 0.2 && p.z > -0.3 ? pen.edge(abs(p.x) - 0.52 - 0.1 * p.y) : 1
      cover = outline * pen.edge((line - p.y) * 0.8) * parted
      if cover > 0 {
        let normal = shell.normal(x, y, hit.depth)
        // A band of light where the hair turns over the head.
        let band = unit(1 - abs(p.y + 0.78) * 3.2)
        let root = mix(0.72, 1, unit((line - p.y) * 5))
        colour = shading.colour(
          strands(p.x, p.y) * (root * (0.92 + 0.25 * band)) + SIMD3(repeating: 0.03 * band), normal, shade: 0,
          gloss: 0.04)
      }
    }
    if identity.hat, let hit = hat.meet(x, y) {
      let p = rotation.inverse(SIMD3(x, y, hit.depth))
      let rim: Float = -0.50 + 0.05 * p.z
      let over = pen.edge(hit.margin) * pen.edge(rim - p.y)
      if over > 0 {
        // A knitted hat with a folded brim.
        let fold = pen.edge(p.y - rim + 0.19)
        let seam = pen.line(p.y - rim + 0.19, 0.014)
        let knit = 1 + 0.06 * Grain.signed(identity.grain, UInt32(bitPattern: Int32(p.x * 24 + 100)))
        let wool = (SIMD3<Float>(1, 1, 1) - identity.garment) * 0.55 + identity.garment * 0.25
        let albedo = wool * (knit * mix(0.9, 1.1, fold) * (1 - 0.35 * seam))
        let woolen = shading.colour(albedo, hat.normal(x, y, hit.depth), shade: 0, gloss: 0)
        colour = mix(colour, woolen, cover + over > 0 ? over / max(over, 1 - (1 - cover) * (1 - over)) : 0)
        cover = 1 - (1 - cover) * (1 - over)
      }
    }
    return (colour, cover)
  }

  /// How far down the hair comes at a point of the shell: the hairline at the forehead, the temples, the
  /// sides, the nape.
  @inline(__always) private func hairline(_ p: SIMD3<Float>) -> Float {
    let front = p.z / max(1e-4, p.z * p.z + p.x * p.x).squareRoot()
    let forehead = identity.hairline + style.fringe + identity.hairPart * p.x * (0.25 + style.fringe)
    let temple = smoothStep(style.arch, 0.30, front)
    let nape = 0.55 * smoothStep(0.05, -0.6, front)
    return forehead + (style.sides - forehead) * temple + max(0, 0.6 - style.sides) * nape
  }

  /// Uneven tone across the strands, finer than the pixel grid at small sizes and then invisible.
  @inline(__always) private func strands(_ x: Float, _ y: Float) -> SIMD3<Float> {
    let across = identity.asymmetry > 0 ? x : abs(x)
    let position = across * 26 + y * 5 + 200
    let cell = Int32(position)
    let a = Grain.signed(identity.grain, UInt32(bitPattern: cell))
    let b = Grain.signed(identity.grain, UInt32(bitPattern: cell &+ 1))
    return identity.hair * (1 + 0.13 * mix(a, b, position - Float(cell)))
  }
}
