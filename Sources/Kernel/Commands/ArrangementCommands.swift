import Runtime
import Tensor

/// Operations that arrange elements anew: triangles, diagonals, repetitions, exchanged axes.
let arrangementCommands: [Command] = [
  Command(
    "tril", "The elements on and below a diagonal of the last two axes, zeros above.", [.x, .diagonalOffset],
    returns: "a tensor of the same shape", errors: [("ShapeMismatch", "fewer than two axes")],
    example: "tril(ones([3, 3]))"
  ) { a in .tensor(try a.tensor("x").lowerTriangle(a.int("offset"))) },
  Command(
    "triu", "The elements on and above a diagonal of the last two axes, zeros below.", [.x, .diagonalOffset],
    returns: "a tensor of the same shape", errors: [("ShapeMismatch", "fewer than two axes")],
    example: "triu(ones([3, 3]), offset: 1)"
  ) { a in .tensor(try a.tensor("x").upperTriangle(a.int("offset"))) },
  Command(
    "diag",
    "The diagonal of a matrix, or the square matrix with a vector on its diagonal and zeros elsewhere.",
    [.x, .diagonalOffset],
    returns: "a vector for a matrix, a matrix for a vector",
    errors: [("ShapeMismatch", "neither a vector nor a matrix; batches take `diagonal` and `diagEmbed`")],
    example: "diag([1.0, 2.0])"
  ) { a in
    let x = try a.tensor("x")
    switch x.rank {
    case 1: return .tensor(try x.diagonalMatrix(offset: a.int("offset")))
    case 2: return .tensor(try x.diagonal(offset: a.int("offset")))
    default:
      throw a.error(
        "ShapeMismatch", "x", "must be a vector or a matrix, not of shape \(x.shape)",
        help: "`diagonal(x)` and `diagEmbed(x)` take batches")
    }
  },
  Command(
    "diagonal", "The elements on a diagonal of each matrix that two axes span.",
    [
      .x, .diagonalOffset,
      .optional("axes", .sequence, default: [-2, -1], "the axes of the matrices, the last two by default"),
    ],
    returns: "the other axes, then the diagonal, which is empty when the offset leaves the matrix",
    errors: [
      ("IndexOutOfRange", "an axis the tensor does not have"), ("InvalidArgument", "other than two axes"),
    ],
    example: "diagonal(arange(8).reshape([2, 2, 2]))"
  ) { a in
    let axes = try a.ints("axes")
    guard axes.count == 2 else { throw a.error("InvalidArgument", "axes", "must be two axes") }
    return .tensor(try a.tensor("x").diagonal(offset: a.int("offset"), axes: (axes[0], axes[1])))
  },
  Command(
    "diagEmbed", "Square matrices with the vectors along the last axis on a diagonal, zeros elsewhere.",
    [.x, .diagonalOffset],
    returns: "(…, n + |offset|, n + |offset|) for (…, n)", errors: [("ShapeMismatch", "a scalar")],
    example: "diagEmbed([[1, 2], [3, 4]])"
  ) { a in .tensor(try a.tensor("x").diagonalMatrix(offset: a.int("offset"))) },
  Command(
    "trace", "The sum of the main diagonal of each matrix of the last two axes.", [.x],
    returns: "a tensor without these axes: one number for a matrix",
    errors: [("IndexOutOfRange", "fewer than two axes")], example: "trace(eye(3))  # 3.0"
  ) { a in .tensor(try a.tensor("x").trace()) },
  Command(
    "roll", "The elements moved on along an axis; those that leave at its end enter at its start.",
    [
      .x, .required("shift", .int, "how many places; negative moves back"),
      .optional("axis", .int, default: 0, "the axis"),
    ],
    returns: "a tensor of the same shape", errors: [("IndexOutOfRange", "an axis the tensor does not have")],
    example: "roll(arange(5), 2)"
  ) { a in .tensor(try a.tensor("x").rolled(a.int("shift"), axis: a.int("axis"))) },
  Command(
    "tile", "The whole tensor repeated along its axes; `repeat` repeats each element.",
    [
      .x,
      .required(
        "counts", .either([.int, .sequence]), "how often along each axis, the last count for the last"),
    ],
    returns: "a tensor with each extent times its count; more counts than axes make new ones in front",
    errors: [("InvalidArgument", "a negative count")],
    example: "tile([1, 2], [2, 3])"
  ) { a in .tensor(try a.tensor("x").tiled(a.ints("counts"))) },
  Command(
    "repeat", "Each element repeated in place; `tile` repeats the whole.",
    [
      .x, .required("count", .int, "how often"),
      .optional("axis", .int, "the axis; the flattened tensor when not given"),
    ],
    returns: "a tensor with the axis count times as long; a vector without `axis`",
    errors: [
      ("InvalidArgument", "a negative count"), ("IndexOutOfRange", "an axis the tensor does not have"),
    ],
    example: "repeat([1, 2], 2)"
  ) { a in
    let x = try a.tensor("x")
    guard let axis = try a.optionalInt("axis") else {
      return .tensor(try x.reshaped([x.count]).repeated(a.int("count"), axis: 0))
    }
    return .tensor(try x.repeated(a.int("count"), axis: axis))
  },
  Command(
    "chunk", "Pieces of equal extent along an axis, the last one perhaps shorter; `split` takes the extents.",
    [
      .x, .required("count", .int, "how many pieces; fewer where the extent does not give so many"),
      .optional("axis", .int, default: 0, "the axis"),
    ],
    returns: "a list of tensors",
    errors: [("InvalidArgument", "no pieces"), ("IndexOutOfRange", "an axis the tensor does not have")],
    example: "chunk(arange(5), 2)"
  ) { a in .list(try a.tensor("x").chunked(a.int("count"), axis: a.int("axis")).map { .tensor($0) }) },
  Command(
    "meshgrid", "The coordinates of the points of a grid, from those along its axes.",
    [
      .rest("axes", .tensor, "the coordinates along each axis, vectors"),
      .optional(
        "indexing", .choice(["ij", "xy"]), default: "ij",
        "\"ij\" gives the first vector the first axis; \"xy\", as for images, the second"),
    ],
    returns:
      "a tuple with a tensor for each vector: of the shape of the grid, and constant along all axes but its own",
    errors: [("ShapeMismatch", "a coordinate axis that is no vector")],
    example: "(rows, columns) = meshgrid([0, 1], [0, 1, 2])"
  ) { a in
    let grids = try Tensor.meshgrid(
      a.rest("axes").map {
        guard let axis = try $0.asTensor() else { throw a.mismatch("axes", expected: "vectors") }
        return axis
      })
    let isImage = try a.string("indexing") == "xy" && grids.count > 1
    return .tuple(try grids.map { .tensor(isImage ? try $0.swappingAxes(0, 1) : $0) })
  },
  Command(
    "moveaxis", "One axis moved, the others keeping their order.",
    [
      .x, .required("source", .int, "the axis; negative counts from the end"),
      .required("target", .int, "its new place"),
    ],
    returns: "the same elements, not copied, with the axes in the new order",
    errors: [("IndexOutOfRange", "an axis the tensor does not have")],
    example: "moveaxis(zeros([2, 3, 4]), 0, -1).shape"
  ) { a in .tensor(try a.tensor("x").movingAxis(a.int("source"), to: a.int("target"))) },
  Command(
    "swapaxes", "Two axes exchanged.",
    [
      .x, .required("first", .int, "an axis; negative counts from the end"),
      .required("second", .int, "the other"),
    ],
    returns: "the same elements, not copied, with the axes exchanged",
    errors: [("IndexOutOfRange", "an axis the tensor does not have")],
    example: "swapaxes(zeros([2, 3, 4]), 0, 1).shape"
  ) { a in .tensor(try a.tensor("x").swappingAxes(a.int("first"), a.int("second"))) },
].map(\.namingErrors)

extension Parameter {
  fileprivate static let diagonalOffset = Parameter.optional(
    "offset", .int, default: 0, "which diagonal: 0 the main one, positive above it")
}
