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
    guard image <= 1 << 16, channels <= 1 << 10 else {
      throw TensorError(
        .invalidArgument, in: "ViT", "images of \(image) px with \(channels) colour planes",
        help: "an image has at most \(1 << 16) px a side and \(1 << 10) planes")
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
    try Tensor.checkRoom(for: Shape([1 + count, width], in: "ViT"), dtype: .f64, in: "ViT")
    let frequencies =
      try (Tensor.arange(0, Double(width / 4), dtype: .f64) * (-2 * logarithm(10000) / Double(width / 2)))
      .exp()
    let angles = try Tensor.arange(0, Double(side), dtype: .f64).insertingAxis(1) * frequencies
    let waves = try Tensor.concatenated([angles.sin(), angles.cos()], axis: 1)
    let whole = try Shape([side, side, width / 2])
    let places = try Tensor.concatenated(
      [waves.insertingAxis(0).expanded(to: whole), waves.insertingAxis(1).expanded(to: whole)], axis: 2)
    return try .concatenated([.zeros(Shape([1, width]), dtype: .f64), places.reshaped([count, width])]).cast(
      to: .f32)
  }

  private func logarithm(_ x: Double) throws -> Double { try Tensor.scalar(x, dtype: .f64).log().item() }
}
