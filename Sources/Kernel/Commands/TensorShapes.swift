import Runtime
import Tensor

/// Operations that move elements.
let tensorShapeCommands: [Command] = [
  Command(
    "reshape", "The same elements under another shape.",
    [.x, .required("shape", .sequence, "the extents; one may be -1 and is worked out")],
    returns: "a tensor of the shape", errors: [("ShapeMismatch", "the counts differ")],
    example: "reshape(arange(6), [2, -1])"
  ) { a in .tensor(try a.tensor("x").reshaped(a.ints("shape"))) },
  Command(
    "permute", "The axes in another order.",
    [.x, .required("order", .sequence, "for each new axis the old one, such as [2, 0, 1]")],
    returns: "the same elements, not copied",
    errors: [("InvalidArgument", "not every axis once")],
    example: "permute(zeros([2, 3, 4]), [2, 0, 1]).shape"
  ) { a in .tensor(try a.tensor("x").permuted(a.ints("order"))) },
  Command(
    "transpose",
    "Two axes exchanged: the last two, also written `x.T`, if no others are named. A vector stays as it is.",
    [
      .x, .optional("first", .int, default: -2, "an axis; negative counts from the end"),
      .optional("second", .int, default: -1, "the other"),
    ],
    returns: "the same elements, not copied",
    errors: [("IndexOutOfRange", "an axis the tensor does not have")],
    example: "transpose([[1, 2, 3]])"
  ) { a in
    let (x, first, second) = (try a.tensor("x"), try a.int("first"), try a.int("second"))
    return .tensor(
      try (first, second) == (-2, -1) ? x.transposed() : x.swappingAxes(first, second))
  },
  Command(
    "expand", "Axes of extent 1, and new ones in front, repeated to fill a shape.", [.x, .shape],
    returns: "a tensor of the shape, without copies of the elements",
    errors: [("ShapeMismatch", "an extent that is neither 1 nor equal")],
    example: "expand([[1], [2]], [2, 3])"
  ) { a in .tensor(try a.tensor("x").expanded(to: a.shape("shape"))) },
  Command(
    "squeeze", "The tensor without its axes of extent 1.",
    [.x, .optional("axis", .either([.int, .sequence]), "the axis or axes; all of extent 1 when not given")],
    returns: "the same elements, not copied",
    errors: [
      ("ShapeMismatch", "an axis of another extent"), ("IndexOutOfRange", "an axis the tensor does not have"),
    ],
    example: "squeeze(zeros([1, 3, 1])).shape"
  ) { a in .tensor(try a.tensor("x").squeezed(a.axes())) },
  Command(
    "unsqueeze", "The tensor with a new axis of extent 1.",
    [.x, .required("axis", .int, "its place; negative counts from the end")],
    returns: "the same elements, not copied",
    errors: [("IndexOutOfRange", "a place beyond the axes")], example: "unsqueeze([1, 2], -1).shape"
  ) { a in .tensor(try a.tensor("x").insertingAxis(a.int("axis"))) },
  Command(
    "flip", "The elements along axes in reverse order.", [.x, .axis], returns: "a tensor of the same shape",
    errors: [("IndexOutOfRange", "an axis the tensor does not have")],
    example: "flip([1, 2, 3])"
  ) { a in .tensor(try a.tensor("x").flipped(a.axes())) },
  Command(
    "concat", "Tensors one after the other along an axis.",
    [
      .required("tensors", .sequence, "a list of tensors that agree in all other axes"),
      .optional("axis", .int, default: 0, "the axis"),
    ],
    returns: "one tensor, of the widest dtype among them",
    errors: [("ShapeMismatch", "another axis differs"), ("InvalidArgument", "no tensors")],
    example: "concat([ones([2]), zeros([1])])"
  ) { a in .tensor(try .concatenated(a.tensors("tensors"), axis: a.int("axis"))) },
  Command(
    "stack", "Tensors of one shape along a new axis.",
    [
      .required("tensors", .sequence, "a list of tensors of one shape"),
      .optional("axis", .int, default: 0, "where the new axis stands"),
    ],
    returns: "one tensor with one more axis",
    errors: [("ShapeMismatch", "the shapes differ"), ("InvalidArgument", "no tensors")],
    example: "stack([ones([2]), zeros([2])])"
  ) { a in
    let tensors = try a.tensors("tensors")
    guard !tensors.isEmpty else { throw a.error("InvalidArgument", "tensors", "is empty") }
    return .tensor(try .stacked(tensors, axis: a.int("axis")))
  },
  Command(
    "pad", "The tensor with zeros before and after the elements of its axes.",
    [.x, .required("amounts", .sequence, "for each axis a pair: how many before and after")],
    returns: "a tensor with longer axes",
    errors: [("InvalidArgument", "other than a pair for each axis, or negative amounts")],
    example: "pad(ones([2, 2]), [(0, 1), (2, 0)])"
  ) { a in
    let pairs = try a.sequence("amounts").map { value in
      guard let pair = try value.elementsInOrder()?.map(\.integer), pair.count == 2, let before = pair[0],
        let after = pair[1]
      else { throw a.mismatch("amounts", expected: "a list of pairs such as [(1, 1), (0, 2)]") }
      return (before: before, after: after)
    }
    return .tensor(try a.tensor("x").padded(pairs))
  },
  Command(
    "take", "Slices of an axis at given positions.",
    [
      .x, .required("indices", .tensor, "integers of any shape; negative ones count from the end"),
      .optional("axis", .int, default: 0, "the axis"),
    ],
    returns: "a tensor with the axis replaced by the shape of `indices`",
    errors: [("IndexOutOfRange", "a position outside the axis")], example: "take([10, 20, 30], [2, 0])"
  ) { a in .tensor(try a.tensor("x").take(a.tensor("indices"), axis: a.int("axis"))) },
  Command(
    "takeAlong", "For each place of `indices`, the element at that position along an axis.",
    [
      .x, .required("indices", .tensor, "integers; all axes but the indexed one are those of `x`"),
      .required("axis", .int, "the axis"),
    ],
    returns: "a tensor of the shape of `indices`",
    errors: [
      ("IndexOutOfRange", "a position outside the axis"), ("ShapeMismatch", "axes that differ"),
    ],
    example: "takeAlong([[1, 2], [3, 4]], [[1], [0]], axis: 1)"
  ) { a in .tensor(try a.tensor("x").takeAlong(a.tensor("indices"), axis: a.int("axis"))) },
  Command(
    "cast", "The elements converted to another dtype: floats truncate towards 0, what is not 0 is true.",
    [.x, .required("dtype", .choice(DType.allCases.map(\.description)), "the new one")],
    returns: "a tensor of the same shape",
    errors: [("ArithmeticError", "an element that does not fit, or NaN, for integers")],
    example: "cast([1.7, -1.7], i32)"
  ) { a in .tensor(try a.tensor("x").cast(to: a.dtype())) },
].map(\.namingErrors)
