import Glibc
import Tensor

/// How the head sits in the frame.
public struct Framing: Sendable, Equatable {
  /// How much of the frame the head fills: 1 leaves a margin of an eighth above and below, 1.25 fills it.
  public var crop: Float
  /// A random factor on top of ``crop``.
  public var scale: Float
  /// Displacement in shares of the frame (x right, y down).
  public var shift: SIMD2<Float>

  /// A centred head.
  public init(crop: Float = 1.25, scale: Float = 1, shift: SIMD2<Float> = .zero) {
    self.crop = crop
    self.scale = scale
    self.shift = shift
  }
}

/// The light of a picture.
public struct Light: Sendable, Equatable {
  /// Radians to the right of and above the camera.
  public var azimuth, elevation: Float
  /// The share of light without direction, and the overall gain.
  public var ambient, gain: Float
  /// The colour of the light.
  public var tint: SIMD3<Float>

  /// Frontal light from slightly above.
  public init(
    azimuth: Float = 0, elevation: Float = 0.55, ambient: Float = 0.5, gain: Float = 1,
    tint: SIMD3<Float> = SIMD3(repeating: 1)
  ) {
    self.azimuth = azimuth
    self.elevation = elevation
    self.ambient = ambient
    self.gain = gain
    self.tint = tint
  }

  /// The direction towards the light, in the camera frame.
  var direction: SIMD3<Float> {
    SIMD3(sinf(azimuth) * cosf(elevation), -sinf(elevation), cosf(azimuth) * cosf(elevation))
  }
}

/// An object in front of the face: a rotated rectangle, in shares of the frame.
public struct Occluder: Sendable, Equatable {
  var centre, half: SIMD2<Float>
  var cosine, sine: Float
  var colour: SIMD3<Float>

  /// How far a pixel lies inside the rectangle, in shares of the frame (negative outside).
  @inline(__always) func depth(_ x: Float, _ y: Float) -> Float {
    let dx = x - centre.x
    let dy = y - centre.y
    let along = abs(cosine * dx + sine * dy)
    let across = abs(cosine * dy - sine * dx)
    return min(half.x - along, half.y - across)
  }
}

/// Everything of a picture that is neither the person nor the expression.
public struct Conditions: Sendable, Equatable {
  /// Head pose in degrees.
  public var pose = Pose()
  /// Where the head sits.
  public var framing = Framing()
  /// The light.
  public var light = Light()
  /// Where the eyes look: -1...1 to the right and down.
  public var gaze = SIMD2<Float>.zero
  /// Standard deviation of the Gaussian blur in shares of the frame; 0 for none.
  public var blur: Float = 0
  /// Standard deviation of the sensor noise at mid grey.
  public var noise: Float = 0
  /// Something in front of the face.
  public var occluder: Occluder?
  /// The background's colour at the top and at the bottom of the frame.
  public var backgroundTop = SIMD3<Float>(0.62, 0.68, 0.74)
  /// See ``backgroundTop``.
  public var backgroundBottom = SIMD3<Float>(0.48, 0.53, 0.60)
  /// Seeds the noise.
  var grain: UInt32 = 0

  /// Frontal, evenly lit, sharp and clean.
  public init() {}

  /// Draws conditions. `hardness` 0 gives frontal, clean pictures and 1 pictures "in the wild"; every spread
  /// is proportional to it.
  init(random: inout RandomStream, hardness: Float, crop: Float) {
    func normal(_ deviation: Float) -> Float { Float(random.normal()) * deviation * hardness }
    func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * Float(random.uniform()) }
    func clipped(_ value: Float, _ limit: Float) -> Float { min(max(value, -limit), limit) }

    pose = Pose(yaw: clipped(normal(18), 60), pitch: clipped(normal(9), 35), roll: clipped(normal(8), 35))
    framing = Framing(
      crop: crop, scale: 1 + clipped(normal(0.06), 0.18),
      shift: SIMD2(clipped(normal(0.05), 0.12), clipped(normal(0.05), 0.12)))
    light = Light(
      azimuth: clipped(normal(0.7) + uniform(-0.25, 0.25), 1.3), elevation: 0.55 + clipped(normal(0.3), 0.6),
      ambient: 0.5 + hardness * uniform(-0.15, 0.15), gain: 1 + clipped(normal(0.15), 0.35),
      tint: SIMD3(
        1 + clipped(normal(0.05), 0.15), 1 + clipped(normal(0.03), 0.1), 1 + clipped(normal(0.05), 0.15)))
    gaze = SIMD2(clipped(normal(0.5), 1), clipped(normal(0.4), 1))

    let hue = SIMD3(uniform(-1, 1), uniform(-1, 1), uniform(-1, 1)) * 0.10
    let level = uniform(0.35, 0.75)
    let slope = uniform(-0.08, 0.12)
    backgroundTop = SIMD3(repeating: level + slope) + hue
    backgroundBottom = SIMD3(repeating: level - slope) + hue
    noise = 0.004 + hardness * uniform(0, 0.018)

    let blurred = random.uniform() < 0.2 * Double(hardness)
    let radius = uniform(0.006, 0.016)
    if blurred { blur = radius }
    let hidden = random.uniform() < 0.15 * Double(hardness)
    let angle = uniform(-0.8, 0.8)
    let centre = SIMD2(uniform(0.2, 0.8), uniform(0.35, 0.95))
    let half = SIMD2(uniform(0.08, 0.24), uniform(0.05, 0.12))
    let colour = SIMD3(uniform(0.2, 0.7), uniform(0.2, 0.6), uniform(0.2, 0.6))
    if hidden {
      occluder = Occluder(centre: centre, half: half, cosine: cosf(angle), sine: sinf(angle), colour: colour)
    }
    grain = UInt32(truncatingIfNeeded: random.nextUInt64())
  }
}

/// One picture to be drawn: who, doing what, under which conditions.
public struct FaceScene: Sendable {
  /// Who.
  public var identity: Identity
  /// Doing what.
  public var activation: Activation
  /// Under which conditions.
  public var conditions: Conditions
  /// Multiplies the amplitudes in the geometry, not in the labels.
  public var exaggeration: Float

  /// A scene; by default a frontal, evenly lit face at rest.
  public init(
    identity: Identity, activation: Activation = Activation(), conditions: Conditions = Conditions(),
    exaggeration: Float = 1
  ) {
    self.identity = identity
    self.activation = activation
    self.conditions = conditions
    self.exaggeration = exaggeration
  }

  /// The face as drawn.
  var shape: FaceShape {
    FaceShape(identity, Controls(activation, exaggeration: exaggeration), gaze: conditions.gaze)
  }
}
