import Tensor

/// The cut of hair of a subject.
public enum HairStyle: Int, CaseIterable, Sendable { case bald, cropped, short, fringe, long }

/// What a subject looks like at rest: about forty numbers, drawn once per subject. Lengths in face units
/// (half a face height is about 1), y downwards, origin at the middle of the head.
public struct Identity: Sendable, Equatable {
  // The head: half axes, how much the jaw narrows, how far the ears stand off.
  var halfWidth: Float = 0.80
  var upperHeight: Float = 1.08
  var lowerHeight: Float = 1.00
  var depth: Float = 0.90
  var taper: Float = 0.16
  // Eyes and brows.
  var eyeX: Float = 0.325
  var eyeY: Float = -0.13
  var eyeWidth: Float = 0.172
  var eyeOpening: Float = 0.084
  var eyeTilt: Float = 0.04
  var browY: Float = -0.37
  var browThickness: Float = 0.04
  var browArch: Float = 0.05
  var browLength: Float = 0.46
  // Nose and mouth.
  var noseLength: Float = 0.41
  var noseWidth: Float = 0.135
  var noseProjection: Float = 0.20
  var mouthY: Float = 0.535
  var mouthWidth: Float = 0.27
  var upperLip: Float = 0.055
  var lowerLip: Float = 0.08
  var cheekFullness: Float = 0.5
  // Colour: skin tone 0 (lightest) ... 1 (darkest), iris and hair colours in display RGB.
  var skinTone: Float = 0.25
  var iris = SIMD3<Float>(0.33, 0.20, 0.11)
  var hair = SIMD3<Float>(0.20, 0.13, 0.09)
  var hairIsDark = true
  var hairStyle = HairStyle.short
  var hairline: Float = -0.70
  var hairPart: Float = 0
  var garment = SIMD3<Float>(0.25, 0.32, 0.45)
  // Attributes.
  var beard: Float = 0
  var glasses = false
  var makeUp: Float = 0
  var hat = false
  var age: Float = 0.3
  /// How different the two halves are; 0 makes a perfectly symmetric face.
  var asymmetry: Float = 0
  /// Seeds the small irregularities (folds, freckles, strands).
  var grain: UInt32 = 0

  /// The average subject: symmetric, brown-eyed, without beard, glasses, make-up or hat.
  public static let average = Identity()

  init() {}

  /// Draws the subject with this number of the population with this seed.
  public init(seed: UInt64, subject: Int) {
    var random = RandomStream(seed: seed, stream: Stream.identity(subject: subject))
    func normal(_ mean: Float, _ deviation: Float) -> Float {
      mean + deviation * min(max(Float(random.normal()), -2.2), 2.2)
    }
    func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * Float(random.uniform()) }

    halfWidth = normal(0.80, 0.035)
    upperHeight = normal(1.08, 0.03)
    lowerHeight = normal(1.00, 0.035)
    depth = normal(0.90, 0.03)
    taper = uniform(0.06, 0.26)
    eyeX = normal(0.325, 0.015)
    eyeY = normal(-0.13, 0.02)
    eyeWidth = normal(0.172, 0.010)
    eyeOpening = normal(0.084, 0.008)
    eyeTilt = normal(0.04, 0.05)
    browY = eyeY - normal(0.245, 0.022)
    browThickness = uniform(0.026, 0.052)
    browArch = uniform(0.01, 0.075)
    browLength = normal(0.46, 0.02)
    noseLength = normal(0.41, 0.03)
    noseWidth = normal(0.135, 0.016)
    noseProjection = normal(0.20, 0.025)
    mouthY = normal(0.535, 0.02)
    mouthWidth = normal(0.27, 0.022)
    upperLip = normal(0.055, 0.012)
    lowerLip = normal(0.08, 0.013)
    cheekFullness = uniform(0, 1)
    age = uniform(0, 1)

    skinTone = uniform(0, 1)
    let irises = Palette.irises
    iris = irises[skinTone > 0.55 ? random.int(below: 2) : random.int(below: irises.count)]
    let hairs = Palette.hairs
    let hairIndex = skinTone > 0.55 ? random.int(below: 2) : random.int(below: hairs.count)
    hair = hairs[hairIndex] * uniform(0.8, 1.1)
    hairIsDark = hairIndex < 2
    let grey = max(0, age - 0.75) * 3
    if grey > 0 { hair += (SIMD3(0.66, 0.65, 0.63) - hair) * grey }
    hairIsDark = hairIsDark && grey < 0.4
    hairline = normal(-0.68, 0.04) - (age > 0.6 ? uniform(0, 0.08) : 0)
    hairPart = uniform(-0.3, 0.3)
    garment = Palette.garments[random.int(below: Palette.garments.count)]

    // Beard and make-up exclude each other, each with probability one quarter.
    let dressing = random.uniform()
    let strength = uniform(0.55, 1)
    if dressing < 0.25 { beard = strength } else if dressing < 0.5 { makeUp = strength }
    glasses = random.uniform() < 0.20
    hat = random.uniform() < 0.08
    let cut = random.uniform()
    if beard > 0 {
      hairStyle = cut < 0.2 ? .bald : cut < 0.6 ? .cropped : .short
    } else if makeUp > 0 {
      hairStyle = cut < 0.6 ? .long : cut < 0.85 ? .fringe : .short
    } else {
      hairStyle =
        cut < 0.08 ? .bald : cut < 0.3 ? .cropped : cut < 0.6 ? .short : cut < 0.75 ? .fringe : .long
    }
    asymmetry = uniform(0.4, 1)
    grain = UInt32(truncatingIfNeeded: random.nextUInt64())
  }

  /// A number in -1...1 fixed by the subject: the irregularity of feature `index` on one side.
  func irregularity(_ index: UInt32, side: Int) -> Float {
    Grain.signed(grain, index &* 2 &+ UInt32(side)) * asymmetry
  }
}

/// The colours subjects are drawn from, in display RGB.
enum Palette {
  /// Hair: black, brown, red, blond.
  static let hairs: [SIMD3<Float>] = [
    SIMD3(0.08, 0.07, 0.065), SIMD3(0.25, 0.16, 0.10), SIMD3(0.46, 0.23, 0.13), SIMD3(0.68, 0.54, 0.35),
  ]
  /// Irises: dark brown, brown, hazel, green, blue, grey.
  static let irises: [SIMD3<Float>] = [
    SIMD3(0.22, 0.12, 0.07), SIMD3(0.34, 0.20, 0.10), SIMD3(0.42, 0.33, 0.16), SIMD3(0.28, 0.42, 0.28),
    SIMD3(0.27, 0.45, 0.64), SIMD3(0.42, 0.48, 0.53),
  ]
  /// Clothes and hats.
  static let garments: [SIMD3<Float>] = [
    SIMD3(0.20, 0.27, 0.42), SIMD3(0.48, 0.20, 0.20), SIMD3(0.22, 0.36, 0.30), SIMD3(0.75, 0.73, 0.68),
    SIMD3(0.18, 0.18, 0.20), SIMD3(0.62, 0.50, 0.30), SIMD3(0.42, 0.32, 0.46),
  ]
  private static let skins: [SIMD3<Float>] = [
    SIMD3(0.97, 0.82, 0.73), SIMD3(0.90, 0.70, 0.57), SIMD3(0.76, 0.55, 0.41), SIMD3(0.56, 0.38, 0.27),
    SIMD3(0.38, 0.25, 0.18),
  ]

  /// The continuous scale of skin tones, 0 (lightest) to 1 (darkest).
  static func skin(_ tone: Float) -> SIMD3<Float> {
    let position = min(max(tone, 0), 1) * Float(skins.count - 1)
    let index = min(Int(position), skins.count - 2)
    return mix(skins[index], skins[index + 1], position - Float(index))
  }
}

/// Fixed irregularities: an integer hash, so that a pixel, a fold or a freckle costs no stream of its own.
enum Grain {
  /// A hash of two words (the finaliser of MurmurHash3).
  @inline(__always) static func hash(_ seed: UInt32, _ index: UInt32) -> UInt32 {
    var h = seed ^ (index &* 0x9E37_79B9)
    h = (h ^ (h >> 16)) &* 0x85EB_CA6B
    h = (h ^ (h >> 13)) &* 0xC2B2_AE35
    return h ^ (h >> 16)
  }

  /// The hash as a number in -1..<1.
  @inline(__always) static func signed(_ seed: UInt32, _ index: UInt32) -> Float {
    Float(hash(seed, index) >> 8) * 0x1p-23 - 1
  }
}
