import CKernels

/// One axis of a slice: `count` elements from `start`, `step` apart (negative steps run backwards).
struct AxisSlice: Sendable, Equatable {
  var start: Int
  var step: Int
  var count: Int
}

/// Axes in a new order, kept inline: axis i of the result is axis `order[i]`.
struct AxisOrder: Sendable {
  private var axes: InlineArray<8, UInt8> = InlineArray(repeating: 0)

  /// At most eight axes.
  init(_ order: some Sequence<Int>) {
    for (to, from) in order.enumerated() { axes[to] = UInt8(from) }
  }

  /// The order that exchanges the last two of `rank` axes.
  static func exchangingLastTwo(of rank: Int) -> AxisOrder {
    var order = AxisOrder(0..<rank)
    order.axes[rank - 2] = UInt8(rank - 1)
    order.axes[rank - 1] = UInt8(rank - 2)
    return order
  }

  subscript(axis: Int) -> Int { Int(axes[axis]) }

  func inverse(rank: Int) -> AxisOrder {
    var inverse = self
    for to in 0..<rank { inverse.axes[self[to]] = UInt8(to) }
    return inverse
  }
}

/// Operations that move elements without computing. All but concatenation, padding and some reshapes are views.
enum Structural {
  static let reshape: LinearPrimitive<Shape> = .init(
    "reshape", order: .kept,
    evaluate: { x, target in
      if let layout = x.layout.reshaped(to: target) {
        return Tensor(storage: x.storage, layout: layout, dtype: x.dtype)
      }
      let copy = try x.contiguous(in: "reshape")
      return Tensor(storage: copy.storage, layout: Layout(contiguous: target), dtype: x.dtype)
    },
    transpose: { cotangent, input, _ in try cotangent.reshaped(input.shape) },
    samples: { [.init([([2, 6], .real)]) { try $0[0].reshaped([3, 4]) }] })

  static let permute: LinearPrimitive<AxisOrder> = .init(
    "permute", order: .ofAxes,
    evaluate: { x, order in
      var layout = x.layout
      for to in 0..<x.rank {
        layout.shape.dims[to] = x.layout.shape.dims[order[to]]
        layout.strides[to] = x.layout.strides[order[to]]
      }
      return Tensor(storage: x.storage, layout: layout, dtype: x.dtype)
    },
    transpose: { cotangent, _, order in try permute(cotangent, order.inverse(rank: cotangent.rank)) },
    samples: { [.init([([2, 3, 4], .real)]) { try $0[0].permuted([2, 0, 1]) }] })

  static let expand: LinearPrimitive<Shape> = .init(
    "expand", order: .kept,
    evaluate: { x, target in
      guard let layout = x.layout.expanded(to: target) else {
        throw TensorError(
          .shapeMismatch, in: "expand", "shape \(x.shape) does not expand to \(target)",
          shapes: [x.shape, target],
          help: "axes are matched from the last; only an extent of 1 is repeated")
      }
      return Tensor(storage: x.storage, layout: layout, dtype: x.dtype)
    },
    transpose: { cotangent, input, _ in try cotangent.reduced(to: input.shape) },
    samples: { [.init([([3, 1], .real)]) { try $0[0].expanded(to: [2, 3, 4]) }] })

  static let slice: LinearPrimitive<[AxisSlice]> = .init(
    "slice",
    evaluate: { x, slices in
      Tensor(storage: x.storage, layout: x.layout.sliced(slices), dtype: x.dtype)
    },
    transpose: { cotangent, input, slices in
      try embed(cotangent, Embedding(shape: input.shape, slices: slices))
    },
    samples: {
      [
        .init([([4, 5], .real)]) {
          try $0[0].sliced([AxisSlice(start: 1, step: 1, count: 2), AxisSlice(start: 4, step: -2, count: 3)])
        }
      ]
    })

  /// Where a tensor goes in a larger one of zeros.
  struct Embedding: Sendable {
    let shape: Shape
    let slices: [AxisSlice]
  }

  /// The transpose of a slice: zeros with the tensor written into the slice. Padding is one of these.
  static let embed: LinearPrimitive<Embedding> = .init(
    "embed",
    evaluate: { x, embedding in
      let result = try Tensor.zeros(embedding.shape, dtype: x.dtype)
      let target = result.layout.sliced(embedding.slices)
      withUnsafePointers(x.layout) { dims, strides in
        withUnsafePointers(target) { _, targetStrides in
          faa_copy(
            x.dtype.kernel, Int32(x.rank), dims, strides, x.pointer, targetStrides,
            result.storage.pointer + target.offset * x.dtype.size)
        }
      }
      return result
    },
    transpose: { cotangent, _, embedding in try slice(cotangent, embedding.slices) },
    samples: { [.init([([2, 3], .real)]) { try $0[0].padded([(1, 2), (0, 1)]) }] })

  static let concatenate: GeneralPrimitive<Int> = .init(
    "concat", saves: .inputs,
    evaluate: { inputs, axis in
      var shape = inputs[0].shape
      shape[axis] = try total(inputs.map { $0.shape[axis] }, of: shape, in: "concat")
      let result = try Tensor.uninitialized(shape, dtype: inputs[0].dtype, in: "concat")
      var start = 0
      for input in inputs {
        var target = result.layout
        target.offset = start * target.strides[axis]
        start += input.shape[axis]
        withUnsafePointers(input.layout) { dims, strides in
          withUnsafePointers(target) { _, targetStrides in
            faa_copy(
              input.dtype.kernel, Int32(input.rank), dims, strides, input.pointer, targetStrides,
              result.pointer + target.offset * input.dtype.size)
          }
        }
      }
      return result
    },
    pullback: { cotangent, saved, axis, needs in
      var start = 0
      return try saved.inputs.enumerated().map { index, input in
        defer { start += input.shape[axis] }
        return needs(index) ? try cotangent.narrowed(axis: axis, start: start, count: input.shape[axis]) : nil
      }
    },
    pushforward: { tangents, saved, axis in
      try concatenate(
        zip(tangents, saved.inputs).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) }, axis)
    },
    samples: {
      [
        .init([([2, 3], .real), ([2, 1], .real), ([2, 2], .real)]) { try Tensor.concatenated($0, axis: 1) }
      ]
    })

  static let all: [Primitive] = [reshape, permute, expand, slice, embed, concatenate]

  /// The sum of some extents, which views that repeat an element can make too large to count.
  fileprivate static func total(_ extents: [Int], of shape: Shape, in operation: String) throws -> Int {
    try extents.reduce(0) { sum, extent in
      let (next, overflow) = sum.addingReportingOverflow(extent)
      guard !overflow else {
        throw TensorError(
          .outOfMemory, in: operation,
          "extents \(extents) add up to more than can be counted, shape \(shape)", shapes: [shape])
      }
      return next
    }
  }
}

extension Layout {
  /// The view of a slice for each axis, all inside the shape.
  func sliced(_ slices: [AxisSlice]) -> Layout {
    var result = self
    for (axis, slice) in slices.enumerated() {
      result.shape.dims[axis] = slice.count
      if slice.count > 0 { result.offset += slice.start * strides[axis] }
      result.strides[axis] = strides[axis] * slice.step
    }
    return result
  }
}

extension Tensor {
  /// The same elements under another shape; one extent may be -1 and is then worked out. Throws `shapeMismatch` where the
  /// counts differ.
  public func reshaped(_ extents: [Int]) throws -> Tensor {
    let unknown = extents.indices.filter { extents[$0] == -1 }
    guard unknown.count <= 1 else {
      throw TensorError(.invalidArgument, in: "reshape", "more than one extent of -1", shapes: [shape])
    }
    var extents = extents
    if let axis = unknown.first {
      let others = extents.enumerated().filter { $0.offset != axis }.map(\.element)
      let known = try Shape(others, in: "reshape").elementCount
      guard known > 0, count % known == 0 else {
        throw TensorError(
          .shapeMismatch, in: "reshape", "\(count) elements of shape \(shape) do not divide by \(known)",
          shapes: [shape])
      }
      extents[axis] = count / known
    }
    return try reshaped(Shape(extents, in: "reshape"))
  }

  /// The same elements under another shape. Throws `shapeMismatch` where the counts differ.
  public func reshaped(_ target: Shape) throws -> Tensor {
    if target == shape { return self }
    guard target.elementCount == count else {
      throw TensorError(
        .shapeMismatch, in: "reshape", "\(count) elements of shape \(shape) do not fill \(target)",
        shapes: [shape, target])
    }
    return try Structural.reshape(self, target)
  }

  /// The axes in another order: axis i of the result is axis `order[i]`.
  public func permuted(_ order: [Int]) throws -> Tensor {
    let resolved = try order.map { try shape.axis($0, in: "permute") }
    guard resolved.count == rank, Set(resolved).count == rank else {
      throw TensorError(
        .invalidArgument, in: "permute", "\(order) is not an order of the \(rank) axes of shape \(shape)",
        shapes: [shape])
    }
    return resolved == Array(0..<rank) ? self : try Structural.permute(self, AxisOrder(resolved))
  }

  /// The last two axes exchanged; a vector or scalar stays as it is.
  public func transposed() throws -> Tensor {
    rank < 2 ? self : try Structural.permute(self, .exchangingLastTwo(of: rank))
  }

  /// The elements repeated along axes of extent 1 (and new leading axes) to fill `target`.
  public func expanded(to target: Shape) throws -> Tensor {
    target == shape ? self : try Structural.expand(self, target)
  }

  /// A new axis of extent 1 before `axis`.
  public func insertingAxis(_ axis: Int) throws -> Tensor {
    let position = axis < 0 ? axis + rank + 1 : axis
    guard position >= 0, position <= rank else {
      throw TensorError(
        .indexOutOfRange, in: "insertAxis", "axis \(axis) for a tensor of rank \(rank)", shapes: [shape])
    }
    var extents = Array(shape)
    extents.insert(1, at: position)
    return try reshaped(Shape(extents, in: "insertAxis"))
  }

  /// Without the axes of extent 1 that `axes` names, or all of them.
  public func squeezed(_ axes: [Int]? = nil) throws -> Tensor {
    var named = AxisSet()
    if let axes {
      named = try shape.axisSet(axes, in: "squeeze")
    } else {
      for axis in 0..<rank where shape[axis] == 1 { named.insert(axis) }
    }
    for axis in 0..<rank where named.contains(axis) && shape[axis] != 1 {
      throw TensorError(
        .shapeMismatch, in: "squeeze", "axis \(axis) of shape \(shape) has extent \(shape[axis])",
        shapes: [shape])
    }
    return try reshaped(shape.removing(named, keep: false))
  }

  func sliced(_ slices: [AxisSlice]) throws -> Tensor { try Structural.slice(self, slices) }

  /// `count` elements of one axis from `start`. Throws `indexOutOfRange`.
  public func narrowed(axis: Int, start: Int, count: Int) throws -> Tensor {
    let axis = try shape.axis(axis, in: "narrow")
    guard start >= 0, count >= 0, start <= shape[axis] - count else {
      throw TensorError(
        .indexOutOfRange, in: "narrow",
        "\(count) elements from \(start) of axis \(axis) of shape \(shape)", shapes: [shape])
    }
    var slices = shape.map { AxisSlice(start: 0, step: 1, count: $0) }
    slices[axis] = AxisSlice(start: start, step: 1, count: count)
    return try sliced(slices)
  }

  /// The elements of `axes` (all for nil) in reverse order.
  public func flipped(_ axes: [Int]? = nil) throws -> Tensor {
    var slices = shape.map { AxisSlice(start: 0, step: 1, count: $0) }
    for axis in try shape.axes(axes, in: "flip") {
      slices[axis] = AxisSlice(start: Swift.max(shape[axis] - 1, 0), step: -1, count: shape[axis])
    }
    return try sliced(slices)
  }

  /// Zeros around: for each axis how many before and after.
  public func padded(_ amounts: [(before: Int, after: Int)]) throws -> Tensor {
    guard amounts.count == rank, amounts.allSatisfy({ $0.before >= 0 && $0.after >= 0 }) else {
      throw TensorError(
        .invalidArgument, in: "pad", "needs \(rank) pairs of non-negative amounts for shape \(shape)",
        shapes: [shape])
    }
    let target = try Shape(
      zip(shape, amounts).map { try Structural.total([$1.before, $0, $1.after], of: shape, in: "pad") },
      in: "pad")
    let slices = zip(shape, amounts).map { AxisSlice(start: $1.before, step: 1, count: $0) }
    return try Structural.embed(self, Structural.Embedding(shape: target, slices: slices))
  }

  /// The tensors one after the other along `axis`; dtypes are promoted. Throws `shapeMismatch` where another axis differs.
  public static func concatenated(_ tensors: [Tensor], axis: Int = 0) throws -> Tensor {
    guard let first = tensors.first else {
      throw TensorError(.invalidArgument, in: "concat", "nothing to concatenate")
    }
    let axis = try first.shape.axis(axis, in: "concat")
    for tensor in tensors {
      guard tensor.rank == first.rank,
        (0..<first.rank).allSatisfy({ $0 == axis || tensor.shape[$0] == first.shape[$0] })
      else {
        throw TensorError(
          .shapeMismatch, in: "concat",
          "shapes \(first.shape) and \(tensor.shape) differ outside axis \(axis)",
          shapes: [first.shape, tensor.shape])
      }
    }
    let dtype = tensors.reduce(first.dtype) { Swift.max($0, $1.dtype) }
    return try Structural.concatenate(tensors.map { try $0.cast(to: dtype) }, axis)
  }

  /// The tensors, of one shape, along a new axis.
  public static func stacked(_ tensors: [Tensor], axis: Int = 0) throws -> Tensor {
    for tensor in tensors where tensor.shape != tensors[0].shape {
      throw TensorError(
        .shapeMismatch, in: "stack", "shapes \(tensors[0].shape) and \(tensor.shape) differ",
        shapes: [tensors[0].shape, tensor.shape])
    }
    return try concatenated(tensors.map { try $0.insertingAxis(axis) }, axis: axis)
  }

  /// Pieces of the given sizes along `axis`.
  public func split(_ sizes: [Int], axis: Int = 0) throws -> [Tensor] {
    let axis = try shape.axis(axis, in: "split")
    guard try Structural.total(sizes, of: shape, in: "split") == shape[axis] else {
      throw TensorError(
        .shapeMismatch, in: "split", "sizes \(sizes) do not add up to axis \(axis) of shape \(shape)",
        shapes: [shape])
    }
    var start = 0
    return try sizes.map { size in
      defer { start += size }
      return try narrowed(axis: axis, start: start, count: size)
    }
  }
}
