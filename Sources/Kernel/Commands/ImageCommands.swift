import Runtime
import Tensor

/// Operations on planes: pooling, resizing, sampling, patches. Images are (batch, channels, height, width).
let imageCommands: [Command] = [
  Command(
    "maxPool2d", "The largest element under each window.",
    [.images, .kernel, .windowStride, .windowPadding, .dilation],
    returns: "images of another size; NaN propagates",
    errors: [("ShapeMismatch", "a window larger than the image")],
    example: "maxPool2d(arange(16).reshape([1, 1, 4, 4]), 2)"
  ) { a in
    .tensor(
      try a.floating("x").maxPool2d(
        a.pair("kernel"), stride: a.optional("stride") { try a.pair($0) }, padding: a.pair("padding"),
        dilation: a.pair("dilation")))
  },
  Command(
    "avgPool2d", "The mean of each window.",
    [
      .images, .kernel, .windowStride, .windowPadding,
      .optional("countPadding", .bool, default: true, "whether padding counts, as zeros"),
    ],
    returns: "images of another size", errors: [("ShapeMismatch", "a window larger than the image")],
    example: "avgPool2d(arange(16).reshape([1, 1, 4, 4]), 2)"
  ) { a in
    .tensor(
      try a.floating("x").averagePool2d(
        a.pair("kernel"), stride: a.optional("stride") { try a.pair($0) }, padding: a.pair("padding"),
        countIncludePad: a.bool("countPadding")))
  },
  Command(
    "adaptiveAvgPool2d", "The mean of each of the windows that cover the image evenly.", [.images, .size],
    returns: "images of the size", errors: [("InvalidArgument", "a size below 1")],
    example: "adaptiveAvgPool2d(arange(16).reshape([1, 1, 4, 4]), 1)"
  ) { a in .tensor(try a.floating("x").adaptiveAveragePool2d(a.pair("size"))) },
  Command(
    "adaptiveMaxPool2d", "The largest element of each of the windows that cover the image evenly.",
    [.images, .size], returns: "images of the size", errors: [("InvalidArgument", "a size below 1")],
    example: "adaptiveMaxPool2d(arange(16).reshape([1, 1, 4, 4]), 2)"
  ) { a in .tensor(try a.floating("x").adaptiveMaxPool2d(a.pair("size"))) },
  Command(
    "resize", "Images of another size, filled in between pixels.",
    [
      .images, .size,
      .optional(
        "mode", .choice(ResizeMode.allCases.map(\.rawValue)), default: "bilinear",
        "how; nothing is averaged when an image shrinks: see `adaptiveAvgPool2d`"),
      .alignCorners,
    ],
    returns: "images of the size", errors: [("InvalidArgument", "a size below 1")],
    example: "resize(tensor([[[[0.0, 1.0]]]]), [1, 4], mode: \"nearest\")"
  ) { a in
    .tensor(
      try a.floating("x").resized(
        to: a.pair("size"), mode: a.choice("mode", of: ResizeMode.self), alignCorners: a.bool("alignCorners"))
    )
  },
  Command(
    "gridSample", "Bilinear samples of images at free positions, differentiable in both.",
    [
      .images,
      .required("grid", .tensor, "(batch, rows, columns, 2): x and y from -1 to 1 across the image"),
      .optional(
        "padding", .choice(SamplePadding.allCases.map(\.rawValue)), default: "zeros", "what lies outside"),
      .alignCorners,
    ],
    returns: "(batch, channels, rows, columns); NaN where a position is NaN",
    errors: [("ShapeMismatch", "shapes that do not fit")],
    example: "gridSample(ones([1, 1, 4, 4]), zeros([1, 2, 2, 2]))"
  ) { a in
    .tensor(
      try a.floating("x").gridSample(
        a.floating("grid"), padding: a.choice("padding", of: SamplePadding.self),
        alignCorners: a.bool("alignCorners")))
  },
  Command(
    "affineGrid",
    "The grid, for `gridSample`, of affine maps from (x, y, 1) in the result to (x, y) in the image.",
    [.required("maps", .tensor, "(batch, 2, 3)"), .size, .alignCorners],
    returns: "(batch, height, width, 2)", errors: [("ShapeMismatch", "maps of another shape")],
    example: "affineGrid([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]], 2)"
  ) { a in
    let size = try a.pair("size")
    return .tensor(
      try a.floating("maps").affineGrid(
        height: size.rows, width: size.columns, alignCorners: a.bool("alignCorners")))
  },
  Command(
    "unfold", "The patches under a sliding kernel, as columns (im2col).",
    [.images, .kernel, .stride, .patchPadding, .dilation],
    returns: "(batch, channels · kernel area, positions)",
    errors: [("ShapeMismatch", "a kernel larger than the image")],
    example: "unfold(ones([1, 1, 3, 3]), 2).shape"
  ) { a in
    .tensor(
      try a.floating("x").unfolded(
        kernel: a.pair("kernel"), stride: a.pair("stride"), padding: a.padding("padding"),
        dilation: a.pair("dilation")))
  },
  Command(
    "fold", "The images whose patches columns are, overlapping patches added: the transpose of `unfold`.",
    [
      .required("columns", .tensor, "(batch, channels · kernel area, positions)"), .size, .kernel, .stride,
      .patchPadding, .dilation,
    ],
    returns: "images of the size", errors: [("ShapeMismatch", "columns that are not those of such images")],
    example: "fold(unfold(ones([1, 1, 3, 3]), 2), 3, 2)"
  ) { a in
    let size = try a.pair("size")
    return .tensor(
      try a.floating("columns").folded(
        height: size.rows, width: size.columns, kernel: a.pair("kernel"), stride: a.pair("stride"),
        padding: a.padding("padding"), dilation: a.pair("dilation")))
  },
].map(\.namingErrors)

extension Parameter {
  private static let oneOrTwo = Kind.either([.int, .sequence])
  fileprivate static let images = Parameter.required("x", .tensor, "(batch, channels, height, width)")
  fileprivate static let kernel = Parameter.required(
    "kernel", oneOrTwo, "the window; two for rows and columns")
  fileprivate static let size = Parameter.required(
    "size", oneOrTwo, "the size of the result; two for height and width")
  fileprivate static let stride = Parameter.optional("stride", oneOrTwo, default: 1, "the step of the kernel")
  fileprivate static let windowStride = Parameter.optional(
    "stride", oneOrTwo, "the step of the window, its size when not given")
  fileprivate static let windowPadding = Parameter.optional(
    "padding", oneOrTwo, default: 0, "how far windows reach out of the image")
  fileprivate static let patchPadding = Parameter.optional(
    "padding", oneOrTwo, default: 0,
    "zeros around: one number, two for rows and columns, or top, bottom, left, right")
  fileprivate static let dilation = Parameter.optional(
    "dilation", oneOrTwo, default: 1, "the distance of the window's elements")
  fileprivate static let alignCorners = Parameter.optional(
    "alignCorners", .bool, default: false,
    "whether the outermost samples lie at the centres of the outermost pixels"
  )
}

extension Arguments {
  /// A number for both axes of an image, or one for each.
  func pair(_ name: String) throws -> Pair {
    let numbers = try ints(name)
    switch numbers.count {
    case 1: return Pair(numbers[0])
    case 2: return Pair(numbers[0], numbers[1])
    default: throw mismatch(name, expected: "one number, or two for rows and columns")
    }
  }

  /// Zeros around an image: on all sides, for rows and columns, or for each side.
  func padding(_ name: String) throws -> Padding {
    let numbers = try ints(name)
    switch numbers.count {
    case 1: return Padding(numbers[0])
    case 2: return Padding(numbers[0], numbers[1])
    case 4: return Padding(top: numbers[0], bottom: numbers[1], left: numbers[2], right: numbers[3])
    default: throw mismatch(name, expected: "one number, two for rows and columns, or four")
    }
  }
}
