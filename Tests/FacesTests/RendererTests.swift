import Glibc
import Testing

@testable import Faces

/// The average face without noise.
private func plain(_ change: (inout FaceScene) throws -> Void = { _ in }) rethrows -> FaceScene {
  var scene = FaceScene(identity: .average)
  try change(&scene)
  return scene
}

private func flipped(_ pixels: [Float], size: Int) -> [Float] {
  var result = pixels
  for row in 0..<3 * size {
    for column in 0..<size { result[row * size + column] = pixels[row * size + size - 1 - column] }
  }
  return result
}

private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

@Suite struct RendererTests {
  @Test(arguments: [32, 33, 64])
  func aSymmetricFaceIsItsMirrorImage(size: Int) throws {
    let image = try plain().draw(size: size)
    #expect(largestDifference(image, flipped(image, size: size)) <= 2.0 / 255)
  }

  /// Mirroring yaw, roll, light, gaze and muscles mirrors the picture.
  @Test func mirroredScenesGiveMirroredPictures() throws {
    let size = 64
    let scene = try plain { scene in
      scene.conditions.pose = Pose(yaw: 25, pitch: 10, roll: 12)
      scene.conditions.light.azimuth = 0.6
      scene.conditions.gaze = SIMD2(0.5, 0.2)
      try scene.activation.set(14, to: 0.8)
      for column in scene.activation.sides.indices { scene.activation.sides[column].x = 0 }
    }
    var mirrored = scene
    mirrored.conditions.pose = Pose(yaw: -25, pitch: 10, roll: -12)
    mirrored.conditions.light.azimuth = -0.6
    mirrored.conditions.gaze.x = -0.5
    mirrored.activation.sides = scene.activation.sides.map { SIMD2($0.y, $0.x) }
    let image = try scene.draw(size: size)
    let expected = flipped(image, size: size)
    #expect(largestDifference(image, expected) > 0.1)
    #expect(largestDifference(try mirrored.draw(size: size), expected) <= 2.0 / 255)
  }

  /// The picture and the landmarks agree: where the iris changes colour is where the eye's landmarks are.
  @Test(arguments: [32, 48, 64], [0, 3, 11, 17])
  func irisesLieAtTheEyeLandmarks(size: Int, subject: Int) throws {
    var scene = FaceScene(identity: Identity(seed: 3, subject: subject))
    scene.identity.glasses = false
    scene.conditions.pose = Pose(yaw: 8, pitch: -4, roll: 5)
    scene.identity.iris = .zero
    let dark = try scene.draw(size: size)
    scene.identity.iris = SIMD3(repeating: 0.9)
    let bright = try scene.draw(size: size)
    let landmarks = scene.landmarks(size: size).points
    let divide = (landmarks[39] + landmarks[42]) / 2
    for (first, isLeft) in [(36, true), (42, false)] {
      let expected = landmarks[first..<first + 6].reduce(SIMD2<Float>.zero, +) / 6
      var centroid = SIMD2<Float>.zero
      var mass: Float = 0
      for index in 0..<size * size {
        let point = SIMD2(Float(index % size), Float(index / size))
        guard (point.x < divide.x) == isLeft else { continue }
        let change = abs(bright[index] - dark[index])
        centroid += point * change
        mass += change
      }
      try #require(mass > 0.1)
      let error = centroid / mass - expected
      #expect((error * error).sum().squareRoot() < 0.5, "\(error)")
    }
  }

  @Test func exaggerationMovesThePictureAndNotTheLabels() throws {
    var recipe = FaceRecipe(subjects: 2, imagesPerSubject: 4, size: 32, seed: 4, preset: .easy)
    let strong = try FaceDataset(recipe)
    recipe.exaggeration = 0.5
    let weak = try FaceDataset(recipe)
    #expect(strong.column(\.amplitudes) == weak.column(\.amplitudes))
    #expect(try strong.pixels(1) != weak.pixels(1))
  }

  /// Every preset stays in 0...1, and is a picture: neither flat nor saturated.
  @Test(arguments: Preset.allCases)
  func pixelsAreInRange(preset: Preset) throws {
    let set = try FaceDataset(FaceRecipe(subjects: 6, imagesPerSubject: 4, size: 32, seed: 9, preset: preset))
    for position in 0..<set.count {
      let pixels = try set.pixels(position)
      #expect(pixels.allSatisfy { $0 >= 0 && $0 <= 1 })
      let mean = pixels.reduce(0, +) / Float(pixels.count)
      let variance = pixels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(pixels.count)
      #expect(variance > 0.002 && mean > 0.1 && mean < 0.9)
    }
  }

  /// Noise has the advertised size at mid grey and does not shift the mean.
  @Test func noiseHasTheDeclaredDeviation() throws {
    let size = 256
    let plane = size * size
    var conditions = Conditions()
    conditions.noise = 0.02
    var pixels = [Float](repeating: 0.5, count: 3 * plane)
    pixels.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { Sensor(conditions, size: size).expose(base) }
    }
    let mean = pixels.reduce(0, +) / Float(pixels.count)
    let variance = pixels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(pixels.count)
    #expect(abs(mean - 0.5) < 0.001)
    #expect(abs(variance.squareRoot() - 0.02) < 0.001)
  }

  /// A blurred constant stays constant, a blurred step becomes the Gaussian's integral.
  @Test func blurIsAGaussian() throws {
    let size = 64
    var conditions = Conditions()
    conditions.blur = 2 / Float(size)
    var pixels = (0..<3 * size * size).map { $0 % size < 32 ? Float(0) : 1 }
    pixels.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { Sensor(conditions, size: size).expose(base) }
    }
    // The partial sums of the discrete kernel exp(-k^2 / 8), |k| <= 5.
    let kernel = (-5...5).map { exp(-Double($0 * $0) / 8) }
    let total = kernel.reduce(0, +)
    for offset in -5..<5 {
      let expected = kernel.suffix(offset + 6).reduce(0, +) / total
      #expect(abs(Double(pixels[20 * size + 32 + offset]) - expected) < 1e-5)
    }
  }
}
