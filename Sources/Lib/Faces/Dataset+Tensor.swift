import Tensor

/// The columns of labels a data set offers as tensors; the raw value is the name users type.
public enum FaceColumn: String, CaseIterable, Sendable {
  /// i32 [N], see ``FaceLabels``.
  case subject, expression, prototype, pain
  /// f32 [N].
  case valence, arousal, consistency
  /// f32 [N, units]: FACS intensities 0...5.
  case actionUnits
  /// bool [N, units]: FACS intensity 1 (A) or more.
  case occurrence
  /// f32 [N, units]: amplitudes 0...1.
  case amplitudes
  /// f32 [N, 3]: yaw, pitch, roll in degrees.
  case pose
  /// f32 [N, 68, 2]: x, y in pixels.
  case landmarks
  /// bool [N, 68].
  case visibility
  /// bool [N, 10], see ``FaceLabels/attributeNames``.
  case attributes
  /// i32 [N, 9]: votes for the eight expressions, then for "unknown".
  case votes
}

extension FaceDataset {
  /// The images of the selection: f32 [N, 3, size, size], RGB in 0...1.
  public func images() throws -> Tensor { try images(at: 0..<count) }

  /// The images at some positions, such as a batch: f32 [n, 3, size, size].
  /// - Throws: ``FacesError/outOfRange(index:count:)``; `TensorError` when memory runs out.
  public func images(at positions: some Collection<Int>) throws -> Tensor {
    let places = try positions.map { try place($0) }
    return try Tensor(shape: Shape([places.count, 3, size, size]), dtype: .f32) { buffer in
      let target = buffer.assumingMemoryBound(to: Float.self)
      for (slot, index) in places.enumerated() {
        copyPixels(index: index, to: target + slot * valuesPerImage)
      }
    }
  }

  /// One column of labels for the whole selection.
  public func tensor(_ name: FaceColumn) throws -> Tensor {
    func integers(_ value: (FaceLabels) -> Int) throws -> Tensor {
      try Tensor(column { Int32(clamping: value($0)) })
    }
    func rows<T: TensorScalar>(_ tail: [Int], _ value: (FaceLabels) -> [T]) throws -> Tensor {
      try Tensor(column(value).flatMap { $0 }, shape: Shape([count] + tail))
    }
    switch name {
    case .subject: return try integers(\.subject)
    case .expression: return try integers(\.expression)
    case .prototype: return try integers(\.prototype)
    case .pain: return try integers(\.pain)
    case .valence: return try Tensor(column(\.valence))
    case .arousal: return try Tensor(column(\.arousal))
    case .consistency: return try Tensor(column(\.consistency))
    case .actionUnits: return try rows([ActionUnit.count], \.intensities)
    case .occurrence: return try rows([ActionUnit.count]) { $0.intensities.map { $0 >= 1 } }
    case .amplitudes: return try rows([ActionUnit.count], \.amplitudes)
    case .pose: return try rows([3]) { [$0.pose.yaw, $0.pose.pitch, $0.pose.roll] }
    case .landmarks: return try rows([Landmarks.count, 2]) { $0.landmarks.flatMap { [$0.x, $0.y] } }
    case .visibility: return try rows([Landmarks.count], \.visible)
    case .attributes: return try rows([FaceLabels.attributeNames.count], \.attributes)
    case .votes: return try rows([Expression.allCases.count + 1], \.votes)
    }
  }
}
