import CKernels

/// A number for each of the two axes of an image; a literal stands for both.
public struct Pair: Sendable, Equatable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// Along the height, and along the width.
  public var rows, columns: Int

  /// Different numbers for rows and columns.
  public init(_ rows: Int, _ columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  /// The same number for both.
  public init(_ both: Int) { self.init(both, both) }

  /// The same number for both.
  public init(integerLiteral both: Int) { self.init(both) }

  /// `(rows, columns)`
  public var description: String { "(\(rows), \(columns))" }
}

/// Zeros around an image; a literal stands for all four sides.
public struct Padding: Sendable, Equatable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// Rows above and below, columns to the left and right.
  public var top, bottom, left, right: Int

  /// A number for each side.
  public init(top: Int, bottom: Int, left: Int, right: Int) {
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
  }

  /// `rows` above and below, `columns` to the left and right.
  public init(_ rows: Int, _ columns: Int) {
    self.init(top: rows, bottom: rows, left: columns, right: columns)
  }

  /// The same on all sides.
  public init(_ all: Int) { self.init(all, all) }

  /// The same on all sides.
  public init(integerLiteral all: Int) { self.init(all) }

  /// `((top, bottom), (left, right))`
  public var description: String { "((\(top), \(bottom)), (\(left), \(right)))" }
}

/// Bounds within which sizes can be multiplied without overflow.
let largestSpatialParameter = 1 << 24
let largestSpatialExtent = 1 << 31

extension Pair {
  /// Throws unless both numbers lie in `range`'s bounds.
  func checked(atLeast lowest: Int, _ what: String, in operation: String) throws {
    for value in [rows, columns] where value < lowest || value > largestSpatialParameter {
      throw TensorError(
        .invalidArgument, in: operation,
        "\(what) \(self) must be at least \(lowest) and at most \(largestSpatialParameter)")
    }
  }
}

extension Padding {
  func checked(in operation: String) throws {
    for value in [top, bottom, left, right] where value < 0 || value > largestSpatialParameter {
      throw TensorError(
        .invalidArgument, in: operation,
        "padding \(self) must be at least 0 and at most \(largestSpatialParameter)")
    }
  }
}

extension FaaConvolution {
  /// The geometry of a convolution of an image of shape `image` with weights of shape `weight`; of rank 3 they are sequences, which are
  /// images of height 1. Throws where they do not fit.
  init(
    _ image: Shape, _ weight: Shape, stride: Pair, padding: Padding, dilation: Pair, groups: Int,
    in operation: String
  ) throws {
    try FaaConvolution.check(image, weight, stride: stride, dilation: dilation, groups: groups, in: operation)
    try padding.checked(in: operation)
    guard image[1] % groups == 0, weight[1] == image[1] / groups else {
      throw TensorError(
        .shapeMismatch, in: operation,
        "an input of shape \(image) and weights of shape \(weight) differ in channels",
        shapes: [image, weight],
        help: image[1] % groups == 0
          ? "axis 1 of the weights (\(weight[1])) must equal axis 1 of the input (\(image[1]))"
            + (groups > 1 ? " divided by \(groups) groups" : "")
          : "axis 1 of the input (\(image[1])) must be a multiple of the \(groups) groups")
    }
    guard weight[0] % groups == 0 else {
      throw TensorError(
        .shapeMismatch, in: operation,
        "weights of shape \(weight) give \(weight[0]) channels (axis 0), not a multiple of \(groups) groups",
        shapes: [image, weight])
    }
    let (size, kernel) = (image.plane, weight.plane)
    let rows = size.rows + padding.top + padding.bottom - (kernel.rows - 1) * dilation.rows - 1
    let columns = size.columns + padding.left + padding.right - (kernel.columns - 1) * dilation.columns - 1
    guard rows >= 0, columns >= 0 else {
      throw TensorError(
        .shapeMismatch, in: operation,
        "weights of shape \(weight) with dilation \(dilation) reach beyond an input of shape \(image) with padding \(padding) along axis \(rows < 0 ? 2 : image.rank - 1)",
        shapes: [image, weight], help: "add padding or use a smaller kernel")
    }
    self.init(
      batch: image[0], in_channels: image[1], height: size.rows, width: size.columns, out_channels: weight[0],
      out_height: rows / stride.rows + 1, out_width: columns / stride.columns + 1, kernel_height: kernel.rows,
      kernel_width: kernel.columns, stride_rows: stride.rows, stride_columns: stride.columns,
      dilation_rows: dilation.rows, dilation_columns: dilation.columns, pad_top: padding.top,
      pad_bottom: padding.bottom, pad_left: padding.left, pad_right: padding.right, groups: groups)
    // Throw where there are more elements than can be counted.
    _ = try Shape(resultShape)
    _ = try Shape(imageShape)
  }

  /// The geometry of the convolution whose transpose takes `input` with `weight`, [in, out / groups, height, width], to a larger image.
  init(
    transposed input: Shape, _ weight: Shape, stride: Pair, padding: Padding, outputPadding: Pair,
    dilation: Pair,
    groups: Int, in operation: String
  ) throws {
    try FaaConvolution.check(input, weight, stride: stride, dilation: dilation, groups: groups, in: operation)
    try padding.checked(in: operation)
    try outputPadding.checked(atLeast: 0, "outputPadding", in: operation)
    guard weight[0] == input[1], input[1] % groups == 0 else {
      throw TensorError(
        .shapeMismatch, in: operation,
        "an input of shape \(input) and weights of shape \(weight) differ in channels",
        shapes: [input, weight],
        help: weight[0] != input[1]
          ? "axis 0 of the weights (\(weight[0])) must equal axis 1 of the input (\(input[1]))"
          : "axis 1 of the input (\(input[1])) must be a multiple of the \(groups) groups")
    }
    guard
      outputPadding.rows < Swift.max(stride.rows, dilation.rows),
      outputPadding.columns < Swift.max(stride.columns, dilation.columns)
    else {
      throw TensorError(
        .invalidArgument, in: operation,
        "outputPadding \(outputPadding) must be smaller than stride \(stride) or dilation \(dilation)")
    }
    func extent(_ input: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ around: Int, _ more: Int)
      -> Int
    {
      (input - 1) * stride - around + (kernel - 1) * dilation + more + 1
    }
    let (size, kernel) = (input.plane, weight.plane)
    let rows = extent(
      size.rows, kernel.rows, stride.rows, dilation.rows, padding.top + padding.bottom, outputPadding.rows)
    let columns = extent(
      size.columns, kernel.columns, stride.columns, dilation.columns, padding.left + padding.right,
      outputPadding.columns)
    guard rows > 0, columns > 0 else {
      throw TensorError(
        .shapeMismatch, in: operation,
        "an input of shape \(input) and weights of shape \(weight) with padding \(padding) leave nothing along axis \(rows <= 0 ? 2 : input.rank - 1)",
        shapes: [input, weight], help: "use less padding")
    }
    self.init(
      batch: input[0], in_channels: weight[1] * groups, height: rows, width: columns, out_channels: input[1],
      out_height: size.rows, out_width: size.columns, kernel_height: kernel.rows,
      kernel_width: kernel.columns,
      stride_rows: stride.rows, stride_columns: stride.columns, dilation_rows: dilation.rows,
      dilation_columns: dilation.columns, pad_top: padding.top, pad_bottom: padding.bottom,
      pad_left: padding.left, pad_right: padding.right, groups: groups)
    // Throw where there are more elements than can be counted.
    _ = try Shape(resultShape)
    _ = try Shape(imageShape)
  }

  /// For samples: nil where the shapes do not fit.
  init?(_ image: Shape, _ weight: Shape, stride: Pair, padding: Padding, dilation: Pair, groups: Int) {
    guard
      let shape = try? FaaConvolution(
        image, weight, stride: stride, padding: padding, dilation: dilation, groups: groups, in: "conv2d")
    else { return nil }
    self = shape
  }

  private static func check(
    _ image: Shape, _ weight: Shape, stride: Pair, dilation: Pair, groups: Int, in operation: String
  ) throws {
    let isSequence = operation.hasSuffix("1d")
    guard image.rank == (isSequence ? 3 : 4), weight.rank == image.rank else {
      throw TensorError(
        .shapeMismatch, in: operation,
        "an input of shape \(image) and weights of shape \(weight)", shapes: [image, weight],
        help:
          "the input is [batch, channels, \(isSequence ? "length" : "height, width")], the weights have rank \(isSequence ? 3 : 4) too"
      )
    }
    guard !weight.dropFirst(2).contains(0) else {
      throw TensorError(
        .shapeMismatch, in: operation, "weights of shape \(weight) have an empty kernel",
        shapes: [image, weight])
    }
    for shape in [image, weight] where shape.contains(where: { $0 > largestSpatialExtent }) {
      throw TensorError(
        .outOfMemory, in: operation, "an extent of shape \(shape) is too large", shapes: [shape])
    }
    try stride.checked(atLeast: 1, "stride", in: operation)
    try dilation.checked(atLeast: 1, "dilation", in: operation)
    guard groups >= 1, groups <= largestSpatialParameter else {
      throw TensorError(.invalidArgument, in: operation, "\(groups) groups")
    }
  }
}

extension Shape {
  /// The last two extents of an image; a sequence is one row.
  fileprivate var plane: Pair { rank == 3 ? Pair(1, self[2]) : Pair(self[2], self[3]) }
}
