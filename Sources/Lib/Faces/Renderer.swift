/// Draws one scene: for every pixel the background, the body, the head with its nose and ears, the hair and
/// whatever stands in front. One ray per pixel; edges are smoothed by their distance, not by sampling.
final class Renderer {
  private let size: Int
  private let scene: FaceScene
  private let camera: Camera
  private let shading: Shading
  private let painter: Painter
  private let nose: NoseSolids
  private let hair: Hair
  private let leftEar, rightEar: Ellipsoid
  private let pen: Pen
  private let headReach2: Float
  private let backgroundTop, backgroundBottom: SIMD3<Float>

  init(_ scene: FaceScene, size: Int) {
    self.size = size
    self.scene = scene
    let conditions = scene.conditions
    backgroundTop = conditions.backgroundTop
    backgroundBottom = conditions.backgroundBottom
    camera = Camera(pose: conditions.pose, size: size, framing: conditions.framing)
    let shape = scene.shape
    shading = Shading(conditions.light, rotation: camera.rotation)
    painter = Painter(scene, shape, camera: camera)
    nose = NoseSolids(shape, under: camera.rotation)
    hair = Hair(scene.identity, head: shape.head, camera: camera)
    pen = Pen(pixelsPerUnit: camera.scale)
    headReach2 = shape.head.reach * shape.head.reach
    func ear(_ side: Float, _ rotation: Rotation) -> Ellipsoid {
      Ellipsoid(
        centre: SIMD3(side * (shape.head.width + 0.005), 0.03, -0.06), axes: SIMD3(0.075, 0.18, 0.12),
        under: rotation)
    }
    leftEar = ear(-1, camera.rotation)
    rightEar = ear(1, camera.rotation)
  }

  /// Writes planar RGB, `3 * size * size` values in 0...1, rows from the top.
  func draw(into pixels: UnsafeMutablePointer<Float>) {
    let plane = size * size
    let unit = 1 / camera.scale
    for row in 0..<size {
      let y = (Float(row) - camera.centre.y) * unit
      for column in 0..<size {
        let x = (Float(column) - camera.centre.x) * unit
        var colour = colour(x, y, row: row)
        if let occluder = scene.conditions.occluder {
          let share = 1 / Float(size)
          let depth = occluder.depth((Float(column) + 0.5) * share, (Float(row) + 0.5) * share)
          colour = mix(colour, occluder.colour, Faces.unit(depth * Float(size) + 0.5))
        }
        let index = row * size + column
        pixels[index] = colour.x
        pixels[plane + index] = colour.y
        pixels[2 * plane + index] = colour.z
      }
    }
    Sensor(scene.conditions, size: size).expose(pixels)
  }

  /// Front to back, so that nothing hidden is computed: hair, head, ears, backdrop.
  @inline(__always) private func colour(_ x: Float, _ y: Float, row: Int) -> SIMD3<Float> {
    let r2 = x * x + y * y
    if r2 > 2.2 { return backdrop(x, y, row: row) }
    let (strands, hairCover) = hair.above(x, y, shading)
    if hairCover >= 1 { return strands }

    var colour = SIMD3<Float>.zero
    var skinCover: Float = 0
    let origin = camera.rotation.inverse(SIMD3(x, y, 0))
    let hit =
      r2 < headReach2
      ? painter.shape.head.meet(origin, camera.rotation.z) : Head.Hit(depth: 0, margin: -1)
    let onHead = pen.edge(hit.margin)
    let nearNose = nose.isNear(x, y)
    if onHead > 0 || nearNose {
      (colour, skinCover) = face(x, y, hit, origin: origin, onHead: onHead, nearNose: nearNose)
    }
    if skinCover < 1 {
      colour = mix(ears(x, y, over: backdrop(x, y, row: row), nearerThan: -2), colour, skinCover)
    }
    if onHead > 0 { colour = ears(x, y, over: colour, nearerThan: hit.depth) }
    return mix(colour, strands, hairCover)
  }

  /// The head's skin with everything painted on it, and its coverage.
  @inline(__always) private func face(
    _ x: Float, _ y: Float, _ hit: Head.Hit, origin: SIMD3<Float>, onHead: Float, nearNose: Bool
  ) -> (SIMD3<Float>, Float) {
    let direction = camera.rotation.z
    var depth = hit.depth
    var cover = onHead
    var normal = onHead > 0 ? painter.shape.head.normal(origin + direction * depth) : direction
    var crease: Float = 0
    if nearNose {
      func add(_ solid: Ellipsoid) {
        guard let part = solid.meet(x, y) else { return }
        let edge = pen.edge(part.margin)
        if edge <= 0 { return }
        let facing = solid.normal(x, y, part.depth)
        if cover <= 0 {
          depth = part.depth
          normal = facing
        } else if part.margin > 0 {
          let (joined, share) = nose.join(depth, part.depth)
          depth = joined
          normal = normalised(normal + (facing - normal) * share)
          crease = max(crease * (1 - share), 4 * share * (1 - share))
        }
        cover = max(cover, edge)
      }
      add(nose.bridge)
      add(nose.leftWing)
      add(nose.rightWing)
      add(nose.tip)
      if cover <= 0 { return (.zero, 0) }
    }

    let point = origin + direction * depth
    let onLeft = point.x < 0
    let u = abs(point.x)
    var paint: Paint
    if point.z > 0 {
      paint = onLeft ? painter.left.paint(u, point.y) : painter.right.paint(u, point.y)
    } else {
      paint = Paint(albedo: painter.left.colours.skin)
    }
    paint.shade += 0.10 * crease
    let slope = SIMD3(onLeft ? -paint.gradient.x : paint.gradient.x, paint.gradient.y, 0)
    let bent = normalised(normal - slope)
    let lit = shading.colour(paint.albedo, bent, shade: Faces.unit(paint.shade), gloss: paint.gloss)
    return (mix(lit, SIMD3(repeating: 0.98), paint.glow * 0.9), cover)
  }

  /// The ears over `under` where they are nearer than `depth`.
  @inline(__always) private func ears(
    _ x: Float, _ y: Float, over under: SIMD3<Float>, nearerThan depth: Float
  ) -> SIMD3<Float> {
    let colour = ear(leftEar, x, y, over: under, nearerThan: depth)
    return ear(rightEar, x, y, over: colour, nearerThan: depth)
  }

  @inline(__always) private func ear(
    _ ear: Ellipsoid, _ x: Float, _ y: Float, over under: SIMD3<Float>, nearerThan depth: Float
  ) -> SIMD3<Float> {
    guard let hit = ear.meet(x, y), hit.margin > -0.1, hit.depth > depth else { return under }
    let normal = ear.normal(x, y, hit.depth)
    let inner = Faces.unit(hit.margin * 14 - 0.35) * 0.25
    let lit = shading.colour(
      mix(painter.left.colours.skin, painter.left.colours.shadow, inner), normal, shade: 0.08, gloss: 0.05)
    return mix(under, lit, pen.edge(hit.margin))
  }

  /// Wall, hair behind the head, neck and clothes.
  @inline(__always) private func backdrop(_ x: Float, _ y: Float, row: Int) -> SIMD3<Float> {
    let share = Float(row) / Float(max(1, size - 1))
    var colour = mix(backgroundTop, backgroundBottom, share)
    let (strands, cover) = hair.behind(x, y, shading)
    colour = hair.lining(x, y, over: mix(colour, strands, cover))
    if y < 0.3 { return colour }
    // Neck and shoulders stand upright whatever the head does.
    let upright = SIMD3<Float>(x * 1.6, 0.1, 0.75)
    let neck = pen.edge(0.40 - abs(x)) * pen.edge(y - 0.3)
    if neck > 0 {
      let throat = mix(0.45, 0.12, unit((y - 0.85) * 1.6))
      let skin = shading.colour(
        painter.left.colours.skin, camera.rotation.inverse(normalised(upright)), shade: throat, gloss: 0)
      colour = mix(colour, skin, neck)
    }
    let collar = 1.16 + 0.55 * max(0, 0.40 - abs(x)) + 0.10 * x * x
    let cloth = pen.edge(y - collar)
    if cloth > 0 {
      let normal = camera.rotation.inverse(normalised(SIMD3(x * 0.7, -0.35, 0.8)))
      colour = mix(colour, shading.colour(scene.identity.garment, normal, shade: 0.1, gloss: 0), cloth)
    }
    return colour
  }
}
