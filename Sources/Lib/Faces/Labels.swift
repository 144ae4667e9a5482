import Tensor

/// Everything known about one image.
public struct FaceLabels: Sendable {
  /// The subject's number, from 0.
  public var subject: Int
  /// The prototype the face was drawn from: an index of ``Prototype/all``.
  public var prototype: Int
  /// The expression with most votes: the code of an ``Expression``.
  public var expression: Int
  /// The share of the raters who gave that expression, a measure of how clear the label is.
  public var consistency: Float
  /// Votes for each expression, then for "unknown".
  public var votes: [Int32]
  /// Amplitudes of the action units, 0...1, in the order of ``ActionUnit/all``.
  public var amplitudes: [Float]
  /// Valence and arousal, each in -1...1.
  public var valence, arousal: Float
  /// Head pose in degrees.
  public var pose: Pose
  /// The 68 landmarks in pixels; (0, 0) is the centre of the top left pixel.
  public var landmarks: [SIMD2<Float>]
  /// Whether each landmark can be seen: it faces the camera, lies in the frame and nothing covers it.
  public var visible: [Bool]
  /// The attributes in the order of ``attributeNames``.
  public var attributes: [Bool]

  /// The names of the attributes.
  public static let attributeNames = [
    "glasses", "beard", "makeUp", "hat", "lightSkin", "darkHair", "smiling", "mouthOpen", "eyesClosed", "old",
  ]

  /// FACS intensities 0 (absent), 1 (A) ... 5 (E): the amplitudes rounded to fifths.
  public var intensities: [Float] { amplitudes.map { ($0 * 5).rounded(.toNearestOrAwayFromZero) } }

  /// The Prkachin and Solomon pain intensity, 0...16: `AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43`, where
  /// closed eyes count once.
  public var pain: Int {
    let level = intensities
    func unit(_ code: Int) -> Int { ActionUnit.column(code).map { Int(level[$0]) } ?? 0 }
    return unit(4) + max(unit(6), unit(7)) + max(unit(9), unit(10)) + (unit(43) >= 3 ? 1 : 0)
  }
}

extension FaceLabels {
  /// The labels of a scene; `random` is the raters' noise.
  init(_ scene: FaceScene, _ performance: Performance, subject: Int, size: Int, random: inout RandomStream) {
    let identity = scene.identity
    let amplitudes = scene.activation.amplitudes
    self.subject = subject
    prototype = performance.first
    self.amplitudes = amplitudes
    let votes = Votes(amplitudes, random: &random)
    self.votes = votes.counts
    expression = votes.majority
    consistency = votes.consistency

    let first = Prototype.all[performance.first]
    let second = Prototype.all[performance.second]
    func affect(_ a: Float, _ b: Float) -> Float {
      let centre = (a * performance.share + b * (1 - performance.share)) * performance.intensity
      return min(max(centre + 0.08 * Float(random.normal()), -1), 1)
    }
    valence = affect(first.valence, second.valence)
    arousal = affect(first.arousal, second.arousal)
    pose = scene.conditions.pose

    func active(_ code: Int, _ threshold: Float) -> Bool {
      ActionUnit.column(code).map { amplitudes[$0] >= threshold } ?? false
    }
    attributes = [
      identity.glasses, identity.beard > 0, identity.makeUp > 0, identity.hat, identity.skinTone < 0.4,
      identity.hairIsDark && identity.hairStyle != .bald, active(12, 0.1), active(25, 0.1), active(43, 0.5),
      identity.age > 0.7,
    ]

    let located = scene.landmarks(size: size)
    landmarks = located.points
    visible = located.visible
  }
}

extension FaceScene {
  /// The 68 landmarks in pixels of a `size` x `size` image, and which of them can be seen.
  public func landmarks(size: Int) -> (points: [SIMD2<Float>], visible: [Bool]) {
    let shape = self.shape
    let camera = Camera(pose: conditions.pose, size: size, framing: conditions.framing)
    var points = [SIMD2<Float>](repeating: .zero, count: Landmarks.count)
    var visible = [Bool](repeating: false, count: Landmarks.count)
    let frame = Float(size) - 0.5
    Landmarks.place(shape) { index, point in
      let pixel = camera.pixel(point)
      points[index] = pixel
      let faces = dot(camera.rotation.z, shape.head.normal(point)) > 0
      let inFrame = pixel.x >= -0.5 && pixel.y >= -0.5 && pixel.x <= frame && pixel.y <= frame
      let share = (pixel + 0.5) / Float(size)
      let covered = conditions.occluder.map { $0.depth(share.x, share.y) > 0 } ?? false
      visible[index] = faces && inFrame && !covered
    }
    return (points, visible)
  }
}
