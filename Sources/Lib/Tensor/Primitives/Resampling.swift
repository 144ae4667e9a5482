import CKernels

/// A sparse matrix each of whose rows has its weights side by side: what a resampling does to one axis.
struct Runs: Sendable {
  /// The extent it is applied to.
  let columns: Int
  private(set) var first: [Int32] = []
  private(set) var size: [Int32] = []
  private(set) var start: [Int32] = []
  private(set) var weights: [Double] = []

  init(columns: Int) { self.columns = columns }

  mutating func append(first: Int, weights: [Double]) {
    self.first.append(Int32(first))
    size.append(Int32(weights.count))
    start.append(Int32(self.weights.count))
    self.weights += weights
  }

  /// The number of rows.
  var count: Int { first.count }

  var transposed: Runs {
    var entries = [(row: Int, weights: [Double])](repeating: (0, []), count: columns)
    for row in 0..<count {
      for k in 0..<Int(size[row]) {
        let column = Int(first[row]) + k
        let weight = weights[Int(start[row]) + k]
        if entries[column].weights.isEmpty { entries[column].row = row }
        // Rows come in order; one in between that does not reach this column has weight 0 in it.
        let gap = row - entries[column].row - entries[column].weights.count
        entries[column].weights += Array(repeating: 0, count: gap) + [weight]
      }
    }
    var result = Runs(columns: count)
    for entry in entries { result.append(first: entry.row, weights: entry.weights) }
    return result
  }

  func withUnsafeRuns<R>(_ body: (FaaRuns) throws -> R) rethrows -> R {
    try (first + [0]).withUnsafeBufferPointer { first in
      try (size + [0]).withUnsafeBufferPointer { size in
        try (start + [0]).withUnsafeBufferPointer { start in
          try (weights + [0]).withUnsafeBufferPointer { weights in
            guard let a = first.baseAddress, let b = size.baseAddress, let c = start.baseAddress,
              let d = weights.baseAddress
            else { preconditionFailure("an array that is not empty has an address") }
            return try body(
              FaaRuns(
                rows: count, first: a, size: b, start: c, weights: d, weight_count: weights.count - 1))
          }
        }
      }
    }
  }
}

/// Linear maps of each plane that treat rows and columns alike and apart: A X Bᵀ. Average pooling and resizing are such maps, and so are
/// their transposes.
enum Resampling {
  struct Map: Sendable {
    let rows, columns: Runs
  }

  static let resample: LinearPrimitive<Map> = .init(
    "resample",
    evaluate: { x, map in
      let x = try x.contiguous(in: "resample")
      let (count, height, width) = try x.planes(in: "resample")
      let result = try Tensor.uninitialized(
        x.shapeWithPlane(map.rows.count, map.columns.count), dtype: x.dtype, in: "resample")
      let status = map.rows.withUnsafeRuns { rows in
        map.columns.withUnsafeRuns { columns in
          faa_resample(x.dtype.kernel, count, height, width, rows, columns, x.pointer, result.pointer)
        }
      }
      guard status == 0 else {
        throw TensorError(.outOfMemory, in: "resample", "no memory for a row of \(width)", shapes: [x.shape])
      }
      return result
    },
    transpose: { cotangent, _, map in
      try resample(cotangent, Map(rows: map.rows.transposed, columns: map.columns.transposed))
    },
    samples: {
      [
        .init([([2, 4, 3], .real)]) { try $0[0].averagePool2d(Pair(2, 3), stride: 1, padding: 1) },
        .init([([2, 4, 3], .real)]) { try $0[0].resized(to: Pair(3, 5)) },
        .init([([1, 2, 3, 2], .real)]) { try $0[0].resized(to: Pair(5, 1), alignCorners: true) },
      ]
    })

  static let all: [Primitive] = [resample]

  static func apply(to x: Tensor, _ rows: Runs, _ columns: Runs) throws -> Tensor {
    try resample(x, Map(rows: rows, columns: columns))
  }
}

/// How `resized` fills in between pixels.
public enum ResizeMode: String, Sendable, CaseIterable {
  /// The pixel whose area contains the point.
  case nearest
  /// A weighted mean of the four pixels around it.
  case bilinear
}

extension Tensor {
  /// The last two axes resized to `size`. Bilinear samples lie at the centres of the new pixels, or with `alignCorners` on a grid from the
  /// centre of the first pixel to that of the last. (Nothing is averaged when an image shrinks: see `adaptiveAveragePool2d`.)
  public func resized(to size: Pair, mode: ResizeMode = .bilinear, alignCorners: Bool = false) throws
    -> Tensor
  {
    try size.checked(atLeast: 1, "size", in: "resize")
    let (_, height, width) = try planes(in: "resize")
    guard height > 0, width > 0 else {
      throw TensorError(.shapeMismatch, in: "resize", "planes of shape \(shape) are empty", shapes: [shape])
    }
    guard mode == .bilinear || !alignCorners else {
      throw TensorError(.invalidArgument, in: "resize", "alignCorners is for bilinear resizing")
    }
    func runs(_ extent: Int, _ target: Int) -> Runs {
      mode == .nearest
        ? Runs(nearest: extent, to: target) : Runs(bilinear: extent, to: target, alignCorners: alignCorners)
    }
    return try Resampling.apply(
      to: floating(in: "resize"), runs(height, size.rows), runs(width, size.columns))
  }
}

extension Runs {
  fileprivate init(nearest extent: Int, to target: Int) {
    self.init(columns: extent)
    for index in 0..<target { append(first: index * extent / target, weights: [1]) }
  }

  fileprivate init(bilinear extent: Int, to target: Int, alignCorners: Bool) {
    self.init(columns: extent)
    for index in 0..<target {
      let position: Double
      if alignCorners {
        position = target > 1 ? Double(index) * (Double(extent - 1) / Double(target - 1)) : 0
      } else {
        position = Swift.max((Double(index) + 0.5) * (Double(extent) / Double(target)) - 0.5, 0)
      }
      let low = Swift.min(Int(position), extent - 1)
      let weight = position - Double(low)
      append(first: low, weights: low + 1 < extent ? [1 - weight, weight] : [1])
    }
  }
}
