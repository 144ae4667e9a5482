import Tensor

/// Square patches of square images, and where they are.
public struct PatchGrid: Hashable, Sendable {
  /// The side of an image, of a patch, in pixels.
  public let image, patch: Int
  /// Colour planes.
  public let channels: Int

  /// Throws `invalidArgument` when patches do not tile the image.
  public init(image: Int, patch: Int, channels: Int = 3) throws {
    guard image > 0, patch > 0, channels > 0, image % patch == 0 else {
      throw TensorError(
        .invalidArgument, in: "ViT", "patches of \(patch) px do not tile an image of \(image) px",
        help: "choose a patch size that divides the image size")
    }
    self.image = image
    self.patch = patch
    self.channels = channels
  }

  /// Patches along a side.
  public var side: Int { image / patch }
  /// Patches of an image.
  public var count: Int { side * side }
  /// Numbers in a patch.
  public var values: Int { patch * patch * channels }

  /// Images (batch, channels, image, image) as rows of patches (batch, count, values); within a patch row by row, colours
  /// together.
  public func patches(of images: Tensor) throws -> Tensor {
    guard images.rank == 4, Array(images.shape.dropFirst()) == [channels, image, image] else {
      throw TensorError(
        .shapeMismatch, in: "patches",
        "images of shape \(images.shape), the model takes (n, \(channels), \(image), \(image))",
        shapes: [images.shape])
    }
    let batch = images.shape[0]
    return try images.reshaped([batch, channels, side, patch, side, patch]).permuted([0, 2, 4, 3, 5, 1])
      .reshaped([batch, count, values])
  }

  /// The inverse of `patches(of:)`.
  public func images(of patches: Tensor) throws -> Tensor {
    guard patches.rank == 3, Array(patches.shape.dropFirst()) == [count, values] else {
      throw TensorError(
        .shapeMismatch, in: "patches", "patches of shape \(patches.shape), expected (n, \(count), \(values))",
        shapes: [patches.shape])
    }
    let batch = patches.shape[0]
    return try patches.reshaped([batch, side, side, patch, patch, channels]).permuted([0, 5, 1, 3, 2, 4])
      .reshaped([batch, channels, image, image])
  }

  /// Fixed positions (1 + count, width): a row of zeros for the class token, then for each patch sines and cosines of its
  /// column (first half) and row (second half) at frequencies 10000^(-2i / (width / 2)). Throws when 4 does not divide the width.
  public func positions(width: Int) throws -> Tensor {
    guard width > 0, width % 4 == 0 else {
      throw TensorError(
        .invalidArgument, in: "ViT", "width \(width) is not a multiple of 4, which positions need")
    }
    let quarter = width / 4
    func wave(_ place: Int) throws -> Tensor {
      let half =
        try Tensor.arange(0, Double(quarter), dtype: .f64) * (-2 * logarithm(10000) / Double(width / 2))
      let angles = try half.exp() * Double(place)
      return try .concatenated([angles.sin(), angles.cos()])
    }
    let waves = try (0..<side).map(wave)
    var rows = [try Tensor.zeros(Shape([width]), dtype: .f64)]
    for row in 0..<side {
      for column in 0..<side { rows.append(try .concatenated([waves[column], waves[row]])) }
    }
    return try Tensor.stacked(rows).cast(to: .f32)
  }

  private func logarithm(_ x: Double) throws -> Double { try Tensor.scalar(x, dtype: .f64).log().item() }
}
