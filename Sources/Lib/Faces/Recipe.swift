import Tensor

/// How far the pictures are from a passport photograph.
public enum Preset: String, CaseIterable, Sendable {
  /// Nearly frontal and clean, strong expressions: hardness .1, exaggeration 1.5.
  case easy
  /// Mild variation, a few ambiguous faces: hardness .25, exaggeration 1.4.
  case standard
  /// Clear variation: hardness .6, exaggeration 1.1, a margin around the head.
  case hard
  /// As varied as photographs from the web: hardness 1, true amplitudes.
  case wild

  var numbers: (hardness: Float, exaggeration: Float, crop: Float, ambiguity: Float) {
    switch self {
    case .easy: (0.1, 1.5, 1.25, 0)
    case .standard: (0.25, 1.4, 1.25, 0.05)
    case .hard: (0.6, 1.1, 1.1, 0.15)
    case .wild: (1, 1, 1, 0.25)
    }
  }
}

/// The parameters of a data set: the same recipe gives the same bits on every run and for any number of
/// threads. Image `i` shows subject `i % subjects`, so that every prefix mixes the subjects.
public struct FaceRecipe: Sendable, Equatable {
  /// How many people.
  public var subjects: Int
  /// How many images of each.
  public var imagesPerSubject: Int
  /// The side of an image in pixels, 16...512.
  public var size: Int
  /// Seeds everything.
  public var seed: UInt64
  /// Posed, spontaneous or pain.
  public var mode: Elicitation
  /// The spread of pose, light, noise and occlusion, 0...1.
  public var hardness: Float
  /// Multiplies the amplitudes in the geometry, not in the labels, 0...2.
  public var exaggeration: Float
  /// How much of the frame the head fills, 0.5...2; 1.25 fills it.
  public var crop: Float
  /// The share of expressive faces that are blends or very faint, 0...1.
  public var ambiguity: Float

  /// A recipe from a preset; change single numbers afterwards.
  public init(
    subjects: Int, imagesPerSubject: Int = 64, size: Int = 32, seed: UInt64 = 0, preset: Preset = .standard,
    mode: Elicitation = .posed
  ) {
    self.subjects = subjects
    self.imagesPerSubject = imagesPerSubject
    self.size = size
    self.seed = seed
    self.mode = mode
    (hardness, exaggeration, crop, ambiguity) = preset.numbers
  }

  /// The largest data set, in bytes of images.
  static let memoryLimit = 8 << 30

  /// The number of images. Valid after ``validate()``.
  public var count: Int { subjects * imagesPerSubject }

  /// Throws ``FacesError/badParameter(name:value:allowed:)`` for the first parameter outside its range.
  public func validate() throws(FacesError) {
    try Self.check("subjects", subjects, in: 1...100_000)
    try Self.check("imagesPerSubject", imagesPerSubject, in: 1...100_000)
    try Self.check("size", size, in: 16...512)
    try Self.check("hardness", hardness, in: 0...1)
    try Self.check("exaggeration", exaggeration, in: 0...2)
    try Self.check("crop", crop, in: 0.5...2)
    try Self.check("ambiguity", ambiguity, in: 0...1)
    let bytes = count * 12 * size * size
    guard bytes <= Self.memoryLimit else {
      throw .badParameter(
        name: "the set of \(count) images of \(size) x \(size) pixels", value: "\(bytes >> 30) GB large",
        allowed: "at most \(Self.memoryLimit >> 30) GB; use fewer subjects, fewer images or a smaller size")
    }
  }

  static func check<T: Comparable>(_ name: String, _ value: T, in range: ClosedRange<T>) throws(FacesError) {
    // A NaN is in no range.
    guard range.contains(value) else {
      throw .badParameter(
        name: name, value: "\(value)", allowed: "between \(range.lowerBound) and \(range.upperBound)")
    }
  }

  /// The scene of one image and what was asked of the subject.
  func scene(_ index: Int) -> (scene: FaceScene, performance: Performance) {
    var expression = RandomStream(seed: seed, stream: Stream.expression(image: index))
    var surroundings = RandomStream(seed: seed, stream: Stream.conditions(image: index))
    let performance = Performance(random: &expression, elicitation: mode, ambiguity: ambiguity)
    let scene = FaceScene(
      identity: Identity(seed: seed, subject: index % subjects), activation: performance.activation,
      conditions: Conditions(random: &surroundings, hardness: hardness, crop: crop),
      exaggeration: exaggeration)
    return (scene, performance)
  }
}
