import Glibc
import Testing

@testable import Faces

@Suite struct LandmarkTests {
  /// Each unit moves its landmarks, monotonically, and no others.
  @Test(arguments: ActionUnit.all.map(\.code))
  func actionUnitsMoveTheirLandmarks(code: Int) throws {
    let unit = try #require(ActionUnit.all.first { $0.code == code })
    let paths = try (0...20).map { step in
      var scene = FaceScene(identity: .average)
      try scene.activation.set(code, to: Float(step) / 20)
      return scene.landmarks(size: 64).points
    }
    var furthest: Float = 0
    for index in 0..<Landmarks.count {
      let path = paths.map { $0[index] - paths[0][index] }
      let end = path[20]
      let length = (end * end).sum().squareRoot()
      furthest = max(furthest, length)
      if !unit.landmarks.contains(index) {
        #expect(path.allSatisfy { ($0 * $0).sum() < 1e-12 }, "landmark \(index + 1)")
      } else if length > 0.01 {
        let progress = path.map { ($0 * end).sum() / length }
        for (before, after) in zip(progress, progress.dropFirst()) {
          #expect(after >= before - 1e-4, "landmark \(index + 1)")
        }
      }
    }
    if !unit.landmarks.isEmpty { #expect(furthest > 0.2) }
  }

  /// The signs of the main displacements, from the FACS manual.
  @Test(
    arguments: [
      (1, 21, 0, -1), (2, 17, 0, -1), (4, 21, 0, 1), (4, 21, 1, 0), (5, 37, 0, -1), (7, 41, 0, -1),
      (9, 33, 0, -1),
      (10, 51, 0, -1), (12, 48, -1, -1), (12, 54, 1, -1), (15, 54, 0, 1), (17, 57, 0, -1), (18, 54, -1, 0),
      (20, 48, -1, 0), (23, 51, 0, 1), (24, 57, 0, -1), (25, 66, 0, 1), (26, 8, 0, 1), (27, 8, 0, 1),
      (43, 37, 0, 1),
    ] as [(Int, Int, Float, Float)])
  func displacementsHaveTheRightSign(code: Int, landmark: Int, dx: Float, dy: Float) throws {
    let rest = FaceScene(identity: .average)
    var moved = rest
    try moved.activation.set(code, to: 1)
    let shift = moved.landmarks(size: 64).points[landmark] - rest.landmarks(size: 64).points[landmark]
    if dx != 0 { #expect(shift.x * dx > 0.3) }
    if dy != 0 { #expect(shift.y * dy > 0.3) }
  }

  /// A weak-perspective fit of the 68 three-dimensional points returns the pose.
  @Test(
    arguments: [
      Pose(), Pose(yaw: 30), Pose(pitch: -20), Pose(roll: 15), Pose(yaw: -50, pitch: 18, roll: -25),
      Pose(yaw: 12, pitch: 33, roll: 4),
    ])
  func poseCanBeRecovered(pose: Pose) throws {
    var scene = FaceScene(identity: Identity(seed: 2, subject: 5))
    scene.conditions.pose = pose
    scene.conditions.framing.shift = SIMD2(0.03, -0.05)
    var points = [SIMD3<Double>](repeating: .zero, count: Landmarks.count)
    Landmarks.place(scene.shape) { points[$0] = SIMD3<Double>($1) }
    let pixels = scene.landmarks(size: 512).points.map { SIMD2<Double>($0) }
    let horizontal = affineFit(points, pixels.map(\.x))
    let vertical = affineFit(points, pixels.map(\.y))
    let x = horizontal / (horizontal * horizontal).sum().squareRoot()
    let y = vertical / (vertical * vertical).sum().squareRoot()
    // R = Rz Rx Ry: the middle column is (-sin r cos p, cos r cos p, sin p), the third row the cross product.
    let roll = atan2(-x.y, y.y)
    let unrolled = cos(roll) * x + sin(roll) * y
    let yaw = atan2(unrolled.z, unrolled.x)
    let pitch = asin(x.z * y.x - x.x * y.z)
    let radians = Double.pi / 180
    #expect(abs(yaw - Double(pose.yaw) * radians) < 1e-4)
    #expect(abs(pitch - Double(pose.pitch) * radians) < 1e-4)
    #expect(abs(roll - Double(pose.roll) * radians) < 1e-4)
  }

  /// Least squares of `target = points . row + offset`, by the normal equations of the centred data.
  private func affineFit(_ points: [SIMD3<Double>], _ target: [Double]) -> SIMD3<Double> {
    let count = Double(points.count)
    let middle = points.reduce(.zero, +) / count
    let level = target.reduce(0, +) / count
    var rows = [[Double]](repeating: [0, 0, 0, 0], count: 3)
    for (point, value) in zip(points, target) {
      let p = point - middle
      for i in 0..<3 {
        for j in 0..<3 { rows[i][j] += p[i] * p[j] }
        rows[i][3] += p[i] * (value - level)
      }
    }
    for pivot in 0..<3 {
      for row in 0..<3 where row != pivot {
        let factor = rows[row][pivot] / rows[pivot][pivot]
        for column in 0..<4 { rows[row][column] -= factor * rows[pivot][column] }
      }
    }
    return SIMD3(rows[0][3] / rows[0][0], rows[1][3] / rows[1][1], rows[2][3] / rows[2][2])
  }

  /// Frontal faces show everything; a turned head hides the far side of the jaw; an occluder hides what it
  /// covers.
  @Test func hiddenLandmarksAreFlagged() throws {
    var scene = FaceScene(identity: .average)
    scene.conditions.framing.crop = 1
    #expect(scene.landmarks(size: 64).visible.allSatisfy { $0 })
    scene.conditions.pose.yaw = 50
    let turned = scene.landmarks(size: 64).visible
    #expect(!turned[15] && turned[2] && turned[36])
    scene.conditions.pose.yaw = 0
    scene.conditions.occluder = Occluder(
      centre: SIMD2(0.5, 0.7), half: SIMD2(0.3, 0.1), cosine: 1, sine: 0, colour: .zero)
    let covered = scene.landmarks(size: 64).visible
    #expect(!covered[51] && !covered[57] && covered[36])
  }

  /// Every landmark of the front lies on the surface the renderer hits: the ray through it meets the head
  /// there.
  @Test func landmarksLieOnTheHead() throws {
    let scene = FaceScene(identity: Identity(seed: 1, subject: 1))
    let head = scene.shape.head
    let rotation = Rotation(Pose(yaw: 20, pitch: 15, roll: 5))
    Landmarks.place(scene.shape) { index, point in
      guard !(27..<36).contains(index), dot(rotation.z, head.normal(point)) > 0.1 else { return }
      let seen = rotation(point)
      let hit = head.meet(rotation.inverse(SIMD3(seen.x, seen.y, 0)), rotation.z)
      #expect(hit.margin > 0)
      #expect(abs(hit.depth - seen.z) < 2e-3, "landmark \(index + 1)")
    }
  }
}
