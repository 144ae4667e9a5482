import CKernels

/// What lies outside an image that is sampled.
public enum SamplePadding: String, Sendable, CaseIterable {
  /// Zeros.
  case zeros
  /// The nearest pixel of the edge.
  case border
}

/// Bilinear samples at free positions.
enum Sampling {
  struct Options: Sendable {
    let padding: SamplePadding
    let alignCorners: Bool
  }

  static let sample: GeneralPrimitive<Options> = .init(
    fused: "gridSample",
    evaluate: { inputs, options in
      let x = try inputs[0].contiguous(in: "gridSample")
      let grid = try inputs[1].contiguous(in: "gridSample")
      let (batch, channels) = (x.shape[0], x.shape[1])
      let (rows, columns) = (grid.shape[1], grid.shape[2])
      let result = try Tensor.uninitialized(
        Shape([batch, channels, rows, columns]), dtype: x.dtype, in: "gridSample")
      faa_grid_sample(
        x.dtype.kernel, batch, channels, x.shape[2], x.shape[3], rows * columns, options.alignCorners,
        options.padding == .border, x.pointer, grid.pointer, result.pointer)
      return result
    },
    reference: reference,
    samples: {
      // Positions between pixels: at a pixel's centre the derivative by the position jumps.
      let grid: @Sendable (Tensor) throws -> Tensor = { small in
        let base = try Tensor([-0.9, -0.4, 0.15, 0.3, 1.3, 0.7, -0.2, 0.45], shape: [1, 2, 2, 2])
        return try base + small * 0.02
      }
      return SamplePadding.allCases.flatMap { padding in
        [true, false].map { alignCorners in
          .init([([1, 2, 3, 4], .real), ([1, 2, 2, 2], .small)]) {
            try $0[0].gridSample(grid($0[1]), padding: padding, alignCorners: alignCorners)
          }
        }
      }
    })

  static let all: [Primitive] = [sample]

  /// The four pixels around a position are read at constant indices and weighted by functions of the position.
  private static let reference: @Sendable ([Tensor], Options) throws -> Tensor = { inputs, options in
    let (x, grid) = (inputs[0], inputs[1])
    let (height, width) = (x.shape[2], x.shape[3])
    let column = try pixel(grid, 0, extent: width, options)
    let row = try pixel(grid, 1, extent: height, options)
    let (top, left) = (try row.detached.floor(), try column.detached.floor())
    let (down, right) = (try row - top, try column - left)
    let isNowhere = try row.isNaN().logicalOr(column.isNaN())
    let isAnyNowhere = try isNowhere.any().item() == 1
    var total: Tensor?
    for (lower, rowWeight) in [(0.0, try 1 - down), (1.0, down)] {
      for (further, columnWeight) in [(0.0, try 1 - right), (1.0, right)] {
        let (r, c) = (try top + lower, try left + further)
        let isInside = try r.greaterOrEqual(r.weak(0)).logicalAnd(r.less(Double(height)))
          .logicalAnd(c.greaterOrEqual(c.weak(0))).logicalAnd(c.less(Double(width)))
        let place =
          try isInside.choose(r, r.weak(0)).cast(to: .i32) * Double(width)
          + isInside.choose(c, c.weak(0)).cast(to: .i32)
        let indices = try isInside.choose(place, place.weak(-1)).contiguous(in: "gridSample")
        var values = try Planes.gather(
          x,
          PlaneIndex(
            batch: x.shape[0], channels: x.shape[1], plane: height * width,
            count: grid.shape[1] * grid.shape[2], indices: indices, source: x.shape,
            result: Shape([x.shape[0], x.shape[1], grid.shape[1], grid.shape[2]])))
        if isAnyNowhere { values = try isNowhere.insertingAxis(1).choose(.nan, values) }
        let term = try values * (rowWeight * columnWeight).insertingAxis(1)
        total = try total.map { try $0 + term } ?? term
      }
    }
    guard let total else { preconditionFailure("four corners have a sum") }
    return total
  }

  /// The coordinate `which` of each grid point, [batch, rows, columns], in pixels.
  private static func pixel(_ grid: Tensor, _ which: Int, extent: Int, _ options: Options) throws -> Tensor {
    let coordinate = try grid.narrowed(axis: 3, start: which, count: 1).squeezed([3])
    let last = Double(extent - 1)
    let position =
      options.alignCorners
      ? try (coordinate + 1) * (last / 2) : try ((coordinate + 1) * Double(extent) - 1) * 0.5
    let constant = position.detached
    // Infinitely far outside is outside, with finite weights.
    guard options.padding == .border else { return try constant.isInf().choose(-2, position) }
    let isOutside = try constant.lessOrEqual(constant.weak(0)).logicalOr(
      constant.greaterOrEqual(constant.weak(last)))
    return try isOutside.choose(constant.clamped(0, last), position)
  }
}

extension Tensor {
  /// Bilinear samples of images [batch, channels, height, width] at `grid`, [batch, rows, columns, 2], whose (x, y) run from -1 to 1 across
  /// the image: between the centres of the outermost pixels with `alignCorners`, else between their outer edges. Differentiable in the
  /// images and in the grid (piecewise: at a pixel's centre the slope by the position jumps). A position that is NaN gives NaN, and
  /// so does its derivative.
  public func gridSample(_ grid: Tensor, padding: SamplePadding = .zeros, alignCorners: Bool = false) throws
    -> Tensor
  {
    guard rank == 4, grid.rank == 4, grid.shape[3] == 2 else {
      throw TensorError(
        .shapeMismatch, in: "gridSample", "images of shape \(shape) and a grid of shape \(grid.shape)",
        shapes: [shape, grid.shape],
        help: "images are [batch, channels, height, width], the grid is [batch, rows, columns, 2]")
    }
    guard shape[0] == grid.shape[0] else {
      throw TensorError(
        .shapeMismatch, in: "gridSample",
        "images of shape \(shape) and a grid of shape \(grid.shape) differ in the batch, axis 0",
        shapes: [shape, grid.shape])
    }
    let (_, height, width) = try planes(in: "gridSample")
    guard height > 0, width > 0 else {
      throw TensorError(
        .shapeMismatch, in: "gridSample", "images of shape \(shape) are empty", shapes: [shape])
    }
    let operands = try promoted([self, grid], in: "gridSample")
    return try Sampling.sample(operands, .init(padding: padding, alignCorners: alignCorners))
  }

  /// The sampling grid [batch, height, width, 2] of the affine maps `self`, [batch, 2, 3], which take (x, y, 1) in the result to (x, y)
  /// in the image, both from -1 to 1 as `gridSample` reads them.
  public func affineGrid(height: Int, width: Int, alignCorners: Bool = false) throws -> Tensor {
    let maps = try floating(in: "affineGrid")
    guard rank == 3, shape[1] == 2, shape[2] == 3 else {
      throw TensorError(
        .shapeMismatch, in: "affineGrid", "maps of shape \(shape)", shapes: [shape],
        help: "affine maps are [batch, 2, 3]")
    }
    try Pair(height, width).checked(atLeast: 1, "size", in: "affineGrid")
    func positions(_ count: Int) -> [Double] {
      // Centres of the outermost pixels at -1 and 1, or their edges.
      let (start, step) =
        alignCorners
        ? (count > 1 ? -1 : 0, 2 / Double(Swift.max(count - 1, 1)))
        : (1 / Double(count) - 1, 2 / Double(count))
      return (0..<count).map { start + Double($0) * step }
    }
    let size = try Shape([height, width, 1])
    let x = try Tensor(positions(width), shape: [1, width, 1]).expanded(to: size)
    let y = try Tensor(positions(height), shape: [height, 1, 1]).expanded(to: size)
    let base = try Tensor.concatenated([x, y, .ones(size, dtype: .f64)], axis: 2)
      .reshaped([height * width, 3]).cast(to: dtype)
    return try base.matmul(maps.transposed()).reshaped(Shape([shape[0], height, width, 2]))
  }
}
