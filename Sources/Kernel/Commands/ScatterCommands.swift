import Runtime
import Tensor

/// Elements put to places, and places that elements name. Reading is `x[…]`, `take` and `takeAlong`.
let scatterCommands: [Command] = [
  Command(
    "scatter",
    "The tensor with values in place of the elements at positions along an axis: undoes `takeAlong`.",
    [.x, .positions, .values, .scatterAxis],
    returns: "a tensor of the shape of `x`; of equal positions the last value wins",
    errors: [
      ("IndexOutOfRange", "a position outside the axis"), ("ShapeMismatch", "shapes that do not fit"),
    ],
    example: "scatter(zeros([4]), [3, 1], [1.0, 2.0])"
  ) { a in
    .tensor(try a.tensor("x").scatter(a.tensor("indices"), a.tensor("values"), axis: a.int("axis")))
  },
  Command(
    "scatterAdd", "The tensor with values added to the elements at positions along an axis.",
    [.x, .positions, .values, .scatterAxis], returns: "a tensor of the shape of `x`; equal positions add up",
    errors: [
      ("IndexOutOfRange", "a position outside the axis"), ("ShapeMismatch", "shapes that do not fit"),
    ],
    example: "scatterAdd(zeros([3]), [1, 1], [1.0, 2.0])"
  ) { a in
    .tensor(try a.tensor("x").scatterAdd(a.tensor("indices"), a.tensor("values"), axis: a.int("axis")))
  },
  Command(
    "indexPut", "The tensor with slices in place of those at positions along an axis: undoes `take`.",
    [.x, .slicePositions, .slices, .scatterAxis],
    returns: "a tensor of the shape of `x`; of equal positions the last slice wins",
    errors: [
      ("IndexOutOfRange", "a position outside the axis"), ("ShapeMismatch", "shapes that do not fit"),
    ],
    example: "indexPut(zeros([3, 2]), [2], ones([1, 2]))"
  ) { a in
    .tensor(try a.tensor("x").indexPut(a.tensor("indices"), a.tensor("values"), axis: a.int("axis")))
  },
  Command(
    "indexAdd", "The tensor with slices added to those at positions along an axis.",
    [.x, .slicePositions, .slices, .scatterAxis],
    returns: "a tensor of the shape of `x`; equal positions add up",
    errors: [
      ("IndexOutOfRange", "a position outside the axis"), ("ShapeMismatch", "shapes that do not fit"),
    ],
    example: "indexAdd(zeros([3, 2]), [2, 2], ones([2, 2]))"
  ) { a in
    .tensor(try a.tensor("x").indexAdd(a.tensor("indices"), a.tensor("values"), axis: a.int("axis")))
  },
  Command(
    "maskedFill", "The tensor with a number where a mask is true.",
    [
      .x, .required("mask", .tensor, "truth values that broadcast to the tensor"),
      .required("value", .number, "the number"),
    ],
    returns: "a tensor of the same shape", errors: [("ShapeMismatch", "a mask that does not fit")],
    example: "maskedFill(tensor([1.0, -2.0]), tensor([1.0, -2.0]) < 0, 0)"
  ) { a in .tensor(try a.tensor("x").maskedFill(a.tensor("mask"), a.double("value"))) },
  Command(
    "argwhere", "The positions of the elements that are true (not zero), in row-major order.", [.x],
    returns: "i32 positions of shape (n, rank of `x`)", example: "argwhere(tensor([[0, 7], [8, 0]]))"
  ) { a in
    let x = try a.tensor("x")
    var rest = try x.cast(to: .bool).reshaped([-1]).nonzeroIndices()
    var columns: [Tensor] = []
    for extent in Array(x.shape).reversed() {
      let divisor = try Tensor.scalar(Double(max(extent, 1)), dtype: .i32)
      columns.insert(try rest.remainder(by: divisor), at: 0)
      rest = try rest.floorDivided(by: divisor)
    }
    guard !columns.isEmpty else { return .tensor(try .zeros([rest.count, 0], dtype: .i32)) }
    return .tensor(try .stacked(columns, axis: 1))
  },
  Command(
    "embedding", "The rows of a table that integers name.",
    [.required("table", .tensor, "(vocabulary, width)"), .required("ids", .tensor, "integers of any shape")],
    returns: "the shape of `ids` followed by the width",
    errors: [
      ("IndexOutOfRange", "an id outside the vocabulary"), ("DTypeMismatch", "ids that are no integers"),
    ],
    example: "embedding(rand([10, 4], seed: 1), [3, 7]).shape"
  ) { a in .tensor(try a.tensor("table").embedding(a.tensor("ids"))) },
  Command(
    "oneHot", "A 1 at the place each integer names, along a new last axis.",
    [
      .required("ids", .tensor, "integers of any shape"), .required("classes", .int, "how many places"),
      .optional("on", .number, default: 1.0, "the number at the place"),
      .optional("off", .number, default: 0.0, "the number elsewhere"), .dtype,
    ],
    returns: "the shape of `ids` followed by `classes`",
    errors: [
      ("IndexOutOfRange", "an integer outside 0..<classes"), ("DTypeMismatch", "ids that are no integers"),
    ],
    example: "oneHot([0, 2], 3)"
  ) { a in
    .tensor(
      try a.tensor("ids").oneHot(
        a.int("classes", atLeast: 0, atMost: Int(Int32.max)), on: a.double("on"), off: a.double("off"),
        dtype: a.dtype()))
  },
].map(\.namingErrors)

extension Parameter {
  fileprivate static let positions = Parameter.required(
    "indices", .tensor, "integers; their axes but the indexed one are those of `x`")
  fileprivate static let values = Parameter.required("values", .tensor, "one for each of `indices`")
  fileprivate static let slicePositions = Parameter.required("indices", .tensor, "integers of any shape")
  fileprivate static let slices = Parameter.required(
    "values", .tensor, "the shape of `x` with the axis replaced by the shape of `indices`")
  fileprivate static let scatterAxis = Parameter.optional("axis", .int, default: 0, "the axis")
}
