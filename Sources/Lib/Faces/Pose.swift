import Glibc

/// Head pose in degrees. The camera frame has x to the right, y down and z towards the camera. Positive yaw
/// turns the nose to the right of the image, positive pitch lifts it, positive roll turns the head clockwise.
public struct Pose: Sendable, Equatable {
  /// Degrees; see ``Pose``.
  public var yaw, pitch, roll: Float

  /// A pose from its three angles in degrees.
  public init(yaw: Float = 0, pitch: Float = 0, roll: Float = 0) {
    self.yaw = yaw
    self.pitch = pitch
    self.roll = roll
  }
}

/// A rotation from head to camera coordinates, `Rz(roll) Rx(pitch) Ry(yaw)`, stored by rows.
struct Rotation: Sendable {
  let x, y, z: SIMD3<Float>

  init(_ pose: Pose) {
    let radians = Double.pi / 180
    let (cy, sy) = (cos(Double(pose.yaw) * radians), sin(Double(pose.yaw) * radians))
    let (cp, sp) = (cos(Double(pose.pitch) * radians), sin(Double(pose.pitch) * radians))
    let (cr, sr) = (cos(Double(pose.roll) * radians), sin(Double(pose.roll) * radians))
    // Rx(pitch) Ry(yaw) first, then the roll mixes the first two rows.
    let a = SIMD3<Double>(cy, 0, sy)
    let b = SIMD3<Double>(sp * sy, cp, -sp * cy)
    let c = SIMD3<Double>(-cp * sy, sp, cp * cy)
    x = SIMD3<Float>(cr * a - sr * b)
    y = SIMD3<Float>(sr * a + cr * b)
    z = SIMD3<Float>(c)
  }

  /// From head to camera coordinates.
  @inline(__always) func callAsFunction(_ v: SIMD3<Float>) -> SIMD3<Float> {
    SIMD3(dot(x, v), dot(y, v), dot(z, v))
  }

  /// From camera to head coordinates.
  @inline(__always) func inverse(_ v: SIMD3<Float>) -> SIMD3<Float> { x * v.x + y * v.y + z * v.z }
}

/// The orthographic camera: where a face unit falls on the pixel grid. Pixel centres have whole coordinates,
/// (0, 0) is the centre of the top left pixel.
struct Camera: Sendable {
  let rotation: Rotation
  /// Pixels per face unit.
  let scale: Float
  /// The pixel position of the middle of the head.
  let centre: SIMD2<Float>

  init(pose: Pose, size: Int, framing: Framing) {
    rotation = Rotation(pose)
    // At crop 1 the head (about 2.1 units high) covers three quarters of the frame.
    scale = Float(size) * 0.36 * framing.crop * framing.scale
    let middle = Float(size - 1) * 0.5
    centre = SIMD2(repeating: middle) + framing.shift * Float(size)
  }

  /// Where a point of the head lands, in pixels.
  func pixel(_ point: SIMD3<Float>) -> SIMD2<Float> {
    SIMD2(dot(rotation.x, point), dot(rotation.y, point)) * scale + centre
  }
}
