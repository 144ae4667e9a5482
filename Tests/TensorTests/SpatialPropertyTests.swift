import Autodiff
import Testing

@testable import Tensor

@Suite("Spatial operations: threads, providers, corners")
struct SpatialPropertyTests {
  /// Shapes that between them reach every kernel: oneDNN with several images a chunk and with one, patches, depthwise of any and of eight channels, Winograd's.
  static let geometries:
    [(image: Shape, weight: Shape, stride: Pair, padding: Padding, dilation: Pair, groups: Int)] = [
      ([6, 16, 12, 12], [24, 16, 3, 3], 1, 1, 1, 1), ([16, 8, 5, 5], [8, 8, 3, 3], 1, 1, 1, 1),
      ([4, 64, 20, 20], [64, 64, 3, 3], 1, 1, 1, 1), ([7, 17, 9, 9], [30, 17, 1, 1], 1, 0, 1, 1),
      ([4, 3, 31, 29], [10, 3, 7, 7], 2, 3, 1, 1), ([5, 12, 10, 10], [8, 3, 3, 3], 1, 1, 1, 4),
      ([4, 40, 23, 23], [40, 1, 3, 3], 1, 1, 1, 40), ([4, 40, 23, 23], [40, 1, 5, 5], 1, 2, 1, 40),
      ([4, 40, 24, 24], [40, 1, 3, 3], 2, 1, 1, 40), ([3, 40, 21, 22], [40, 1, 3, 3], 1, 2, 2, 40),
      ([3, 20, 9, 8], [20, 1, 3, 3], 2, 1, 1, 20), ([4, 32, 9, 9], [48, 32, 1, 1], 2, 0, 1, 1),
      ([3, 16, 10, 27], [16, 1, 3, 2], Pair(3, 2), Padding(top: 3, bottom: 0, left: 2, right: 3), 1, 16),
      ([2, 64, 40, 40], [96, 64, 3, 3], 1, 1, 1, 1),
      ([8, 24, 11, 11], [16, 24, 3, 3], 1, Padding(top: 2, bottom: 0, left: 0, right: 1), Pair(2, 1), 1),
    ]

  private static func maps(_ index: Int, _ dtype: DType) throws -> [[Double]] {
    let g = geometries[index]
    var stream = RandomStream(seed: 21, stream: UInt64(index))
    let x = try stream.normals(g.image, dtype: .f64).cast(to: dtype)
    let w = try stream.normals(g.weight, dtype: .f64).cast(to: dtype)
    let b = try stream.normals([g.weight[0]], dtype: .f64).cast(to: dtype)
    let (outputs, pullback) = try vjp(at: [x, w, b]) {
      [
        try $0[0].conv2d(
          $0[1], bias: $0[2], stride: g.stride, padding: g.padding, dilation: g.dilation, groups: g.groups)
      ]
    }
    let cotangent = try stream.normals(outputs[0].shape, dtype: .f64).cast(to: dtype)
    return try ([outputs[0]] + pullback([cotangent])).map { try $0.doubles() }
  }

  @Test("oneDNN and f32 kernels agree with the patches in f64", arguments: geometries.indices)
  func providersAgree(_ index: Int) throws {
    for (single, double) in try zip(Self.maps(index, .f32), Self.maps(index, .f64)) {
      let scale = double.reduce(0) { max($0, abs($1)) }
      let worst = zip(single, double).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(worst < 4e-6 * scale, "error \(worst) at scale \(scale)")
    }
  }

  @Test("the same bits on 1, 2 and 4 threads")
  func threadsDoNotChangeBits() throws {
    let before = Engine.threads
    defer { Engine.threads = before }
    var results: [[[Double]]] = []
    for threads in [1, 2, 4] {
      Engine.threads = threads
      var stream = RandomStream(seed: 22)
      let x = try stream.normals([6, 20, 33, 35])
      let grid = try stream.normals([6, 40, 41, 2])
      let w = try stream.normals([20])
      let spatial: [([Tensor]) throws -> Tensor] = [
        { try $0[0].maxPool2d(3, stride: 2, padding: 1) },
        { try $0[0].averagePool2d(3, stride: 2, padding: 1) },
        { try $0[0].resized(to: Pair(50, 70)) }, { try $0[0].gridSample($0[1]) },
        { try $0[0].batchNorm(weight: $0[2], bias: $0[2]) },
        { try $0[0].groupNorm(groups: 5, weight: $0[2], bias: $0[2]) },
      ]
      var all = try Self.geometries.indices.flatMap { try Self.maps($0, .f32) + Self.maps($0, .f64) }
      for function in spatial {
        let (outputs, pullback) = try vjp(at: [x, grid, w]) { [try function($0)] }
        all += try ([outputs[0]] + pullback([outputs[0]])).map { try $0.doubles() }
      }
      results.append(all)
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test("one plan serves threads that convolve at the same time")
  func concurrentCallers() async throws {
    let expected = try Self.maps(2, .f32)
    try await withThrowingTaskGroup(of: [[Double]].self) { group in
      for _ in 0..<8 { group.addTask { try Self.maps(2, .f32) } }
      for try await result in group { #expect(result == expected) }
    }
  }

  @Test("more shapes than the plan cache holds")
  func planCacheIsBounded() throws {
    for size in 3..<560 {
      let ones = try Tensor.ones(Shape([1, 1, 1, size]))
      let sum = try ones.conv2d(.ones([2, 1, 1, 3])).sum().item()
      #expect(sum == Double(6 * (size - 2)))
    }
  }

  @Test func viewsAreRead() throws {
    var stream = RandomStream(seed: 23)
    let x = try stream.normals([2, 9, 8, 3]).permuted([0, 3, 1, 2]).flipped([2])
    let w = try stream.normals([3, 3, 4, 3]).permuted([3, 1, 2, 0]).narrowed(axis: 2, start: 1, count: 2)
    let copies = (try x.contiguous(in: "test"), try w.contiguous(in: "test"))
    #expect(try x.conv2d(w).floats() == copies.0.conv2d(copies.1).floats())
    #expect(try x.maxPool2d(2).floats() == copies.0.maxPool2d(2).floats())
    #expect(try x.batchNorm().floats() == copies.0.batchNorm().floats())
    #expect(try x.resized(to: 5).floats() == copies.0.resized(to: 5).floats())
  }

  @Test("the first of equal elements has the derivative of a maximum, and NaN propagates")
  func maximumCorners() throws {
    let x = try Tensor([1.0, 3, 3, 3, 2, 3], shape: [1, 2, 3])
    #expect(try grad { try $0.maxPool2d(Pair(2, 3)).sum() }(x).doubles() == [0, 1, 0, 0, 0, 0])
    // The first in row-major order is right of the first in its column.
    let y = try Tensor([1.0, 3, 3, 1], shape: [1, 2, 2])
    #expect(try grad { try $0.maxPool2d(2).sum() }(y).doubles() == [0, 1, 0, 0])
    let z = try Tensor([1.0, .nan, 3, 4, -.infinity, -.infinity], shape: [1, 1, 6])
    let pooled = try z.maxPool2d(Pair(1, 2)).doubles()
    #expect(pooled[0].isNaN && pooled[1] == 4 && pooled[2] == -.infinity)
  }

  @Test func infinitiesStayWhereTheyAre() throws {
    let x = try Tensor([1.0, .infinity, 3, 4], shape: [1, 1, 1, 4])
    #expect(try x.averagePool2d(Pair(1, 2)).doubles() == [.infinity, 3.5])
    #expect(try x.resized(to: Pair(1, 2), mode: .nearest).doubles() == [1, 3])
    let far = try Tensor([1e300, -1e300, .nan, 0, 0.5, .infinity], shape: [1, 1, 3, 2])
    let samples = try Tensor.ones([1, 1, 2, 2], dtype: .f64).gridSample(far).doubles()
    #expect(samples[0] == 0 && samples[1].isNaN && samples[2] == 0)
  }

  @Test("statistics for running averages")
  func channelStatistics() throws {
    var stream = RandomStream(seed: 24)
    let x = try stream.normals([5, 3, 4, 2], dtype: .f64) + 100
    let (mean, variance) = try x.channelStatistics()
    for (a, b) in zip(try mean.doubles(), try x.mean([0, 2, 3]).doubles()) { #expect(abs(a - b) < 1e-12) }
    for (a, b) in zip(try variance.doubles(), try x.variance([0, 2, 3]).doubles()) {
      #expect(abs(a - b) < 1e-12)
    }
    let whole = try x.batchNorm(epsilon: 1e-3)
    let affine = try x.batchNorm(mean: mean, variance: variance, epsilon: 1e-3)
    #expect(try (whole - affine).abs().max().item() < 1e-12)
  }

  static let errors: [ErrorCase] = [
    .init(kind: .shapeMismatch, mentions: ["conv2d", "(2, 3, 8, 8)", "(4, 5, 3, 3)", "axis 1"]) {
      try Tensor.zeros([2, 3, 8, 8]).conv2d(.zeros([4, 5, 3, 3]))
    },
    .init(kind: .shapeMismatch, mentions: ["conv2d", "(2, 3, 8, 8)", "2 groups"]) {
      try Tensor.zeros([2, 3, 8, 8]).conv2d(.zeros([4, 1, 3, 3]), groups: 2)
    },
    .init(kind: .shapeMismatch, mentions: ["conv2d", "(3, 2, 3, 3)", "axis 0"]) {
      try Tensor.zeros([2, 4, 8, 8]).conv2d(.zeros([3, 2, 3, 3]), groups: 2)
    },
    .init(kind: .shapeMismatch, mentions: ["conv2d", "(1, 1, 2, 8)", "(1, 1, 3, 3)", "axis 2"]) {
      try Tensor.zeros([1, 1, 2, 8]).conv2d(.zeros([1, 1, 3, 3]))
    },
    .init(kind: .shapeMismatch, mentions: ["conv2d", "bias", "(3,)", "4 channels"]) {
      try Tensor.zeros([1, 1, 8, 8]).conv2d(.zeros([4, 1, 3, 3]), bias: .zeros([3]))
    },
    .init(kind: .shapeMismatch, mentions: ["conv2d", "(8, 8)", "rank 4"]) {
      try Tensor.zeros([8, 8]).conv2d(.zeros([4, 1, 3, 3]))
    },
    .init(kind: .dtypeMismatch, mentions: ["conv2d", "i32", "cast"]) {
      try Tensor.zeros([1, 1, 8, 8], dtype: .i32).conv2d(.zeros([4, 1, 3, 3], dtype: .i32))
    },
    .init(kind: .invalidArgument, mentions: ["conv2d", "stride (0, 1)"]) {
      try Tensor.zeros([1, 1, 8, 8]).conv2d(.zeros([4, 1, 3, 3]), stride: Pair(0, 1))
    },
    .init(kind: .invalidArgument, mentions: ["conv2d", "padding"]) {
      try Tensor.zeros([1, 1, 8, 8]).conv2d(.zeros([4, 1, 3, 3]), padding: Padding(Int.max))
    },
    .init(kind: .invalidArgument, mentions: ["conv2d", "0 groups"]) {
      try Tensor.zeros([1, 1, 8, 8]).conv2d(.zeros([4, 1, 3, 3]), groups: 0)
    },
    .init(kind: .outOfMemory, mentions: ["conv2d", "GiB"]) {
      try Tensor.zeros([1, 1, 8, 8]).conv2d(.zeros([4, 1, 3, 3]), padding: Padding(1 << 24))
    },
    .init(kind: .outOfMemory, mentions: ["more elements than can be counted"]) {
      try Tensor.zeros([1, 1, 8, 8]).expanded(to: [1 << 30, 1, 8, 8])
        .conv2d(Tensor.zeros([1, 1, 3, 3]).expanded(to: [1 << 30, 1, 3, 3]), padding: Padding(1 << 24))
    },
    .init(kind: .outOfMemory, mentions: ["averagePool2d", "overlap"]) {
      try Tensor.zeros([1, 1]).expanded(to: [1, 1 << 20]).averagePool2d(Pair(1, 1 << 19), stride: 1)
    },
    .init(kind: .shapeMismatch, mentions: ["conv1d", "(2, 3, 8)", "(4, 5, 3)"]) {
      try Tensor.zeros([2, 3, 8]).conv1d(.zeros([4, 5, 3]))
    },
    .init(kind: .shapeMismatch, mentions: ["convTranspose2d", "(2, 3, 8, 8)", "(4, 5, 3, 3)", "axis 0"]) {
      try Tensor.zeros([2, 3, 8, 8]).convTranspose2d(.zeros([4, 5, 3, 3]))
    },
    .init(kind: .invalidArgument, mentions: ["convTranspose2d", "outputPadding (2, 2)"]) {
      try Tensor.zeros([2, 3, 8, 8]).convTranspose2d(.zeros([3, 5, 3, 3]), stride: 2, outputPadding: 2)
    },
    .init(kind: .shapeMismatch, mentions: ["convTranspose2d", "axis 2", "padding"]) {
      try Tensor.zeros([1, 1, 1, 1]).convTranspose2d(.zeros([1, 1, 1, 1]), padding: 1)
    },
    .init(kind: .shapeMismatch, mentions: ["maxPool2d", "(4, 4)", "(2, 2)"]) {
      try Tensor.zeros([2, 2]).maxPool2d(4)
    },
    .init(kind: .invalidArgument, mentions: ["averagePool2d", "padding (2, 2)"]) {
      try Tensor.zeros([8, 8]).averagePool2d(3, padding: 2)
    },
    .init(kind: .dtypeMismatch, mentions: ["maxPool2d", "i32"]) {
      try Tensor.zeros([8, 8], dtype: .i32).maxPool2d(2)
    },
    .init(kind: .shapeMismatch, mentions: ["adaptiveAveragePool2d", "(1, 0, 4)"]) {
      try Tensor.zeros([1, 0, 4]).adaptiveAveragePool2d(1)
    },
    .init(kind: .shapeMismatch, mentions: ["resize", "(3,)"]) { try Tensor.zeros([3]).resized(to: 4) },
    .init(kind: .invalidArgument, mentions: ["resize", "size (0, 0)"]) {
      try Tensor.zeros([3, 3]).resized(to: 0)
    },
    .init(kind: .shapeMismatch, mentions: ["gridSample", "(2, 1, 4, 4)", "(3, 2, 2, 2)", "axis 0"]) {
      try Tensor.zeros([2, 1, 4, 4]).gridSample(.zeros([3, 2, 2, 2]))
    },
    .init(kind: .shapeMismatch, mentions: ["affineGrid", "(2, 3)"]) {
      try Tensor.zeros([2, 3]).affineGrid(height: 2, width: 2)
    },
    .init(kind: .shapeMismatch, mentions: ["fold", "(1, 4, 5)", "(1, 4, 4)"]) {
      try Tensor.zeros([1, 4, 5]).folded(height: 3, width: 3, kernel: 2)
    },
    .init(kind: .shapeMismatch, mentions: ["batchNorm", "(3,)", "(2, 4, 5)", "axis 1"]) {
      try Tensor.zeros([2, 4, 5]).batchNorm(weight: .zeros([3]))
    },
    .init(kind: .invalidArgument, mentions: ["batchNorm", "single value", "(1, 4)"]) {
      try Tensor.zeros([1, 4]).batchNorm()
    },
    .init(kind: .shapeMismatch, mentions: ["groupNorm", "3 groups", "(2, 4, 5)"]) {
      try Tensor.zeros([2, 4, 5]).groupNorm(groups: 3)
    },
  ]

  @Test("errors name the operation, the shapes and the axis", arguments: errors)
  func message(_ row: ErrorCase) {
    do {
      _ = try row.call()
      Issue.record("no error")
    } catch let error as TensorError {
      #expect(error.kind == row.kind, "\(error)")
      for part in row.mentions { #expect(error.description.contains(part), "\(error) lacks \(part)") }
    } catch {
      Issue.record("\(error)")
    }
  }
}
