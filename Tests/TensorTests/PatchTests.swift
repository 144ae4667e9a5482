import CKernels
import Testing

@testable import Tensor

@Suite("Convolution by tiles of patches")
struct PatchTests {
  /// Whole and partial tiles in every direction, slabs of the inner extent, several images, groups, steps, gaps and uneven padding.
  static let geometries: [FaaConvolution] = [
    .init([2, 3, 23, 19], [7, 3, 7, 7], stride: 2, padding: 3, dilation: 1, groups: 1),
    .init([9, 40, 9, 10], [100, 40, 3, 3], stride: 2, padding: 1, dilation: 1, groups: 1),
    .init([1, 5, 40, 33], [1, 5, 2, 3], stride: 1, padding: 0, dilation: 1, groups: 1),
    .init(
      [3, 12, 11, 8], [10, 6, 3, 2], stride: .init(1, 3),
      padding: .init(top: 2, bottom: 0, left: 1, right: 4),
      dilation: .init(2, 1), groups: 2),
    .init([2, 8, 6, 7], [12, 2, 1, 3], stride: 2, padding: 2, dilation: 3, groups: 4),
    .init([10, 33, 7, 7], [17, 33, 1, 1], stride: 2, padding: 0, dilation: 1, groups: 1),
    .init([1, 2, 3, 3], [3, 2, 3, 3], stride: 1, padding: 4, dilation: 1, groups: 1),
    .init([4, 1, 1, 1], [6, 1, 1, 1], stride: 1, padding: 0, dilation: 1, groups: 1),
    .init([1, 16, 30, 30], [9, 16, 5, 5], stride: 1, padding: 2, dilation: 1, groups: 1),
  ].compactMap { $0 }

  /// A map of random numbers, or of integers from -3 to 3, whose sums of products every type holds exactly.
  private static func run(
    _ map: FaaConvolutionMap, _ s: FaaConvolution, _ dtype: DType, ofIntegers: Bool = false
  ) throws -> [Double] {
    func tensor(_ shape: Shape, _ seed: UInt64) throws -> Tensor {
      var stream = RandomStream(seed: seed)
      let x = try stream.uniforms(shape, dtype: .f64)
      return try (ofIntegers ? (x * 7).floor() - 3 : x).cast(to: dtype)
    }
    let (a, b, result) =
      map == FaaForward
      ? (s.imageShape, s.weightShape, s.resultShape) : (s.resultShape, s.imageShape, s.weightShape)
    let operands = try (tensor(a, 1), tensor(b, 2), tensor([s.out_channels], 3))
    let out = try Tensor.uninitialized(result, dtype: dtype, in: "test")
    var shape = s
    let status = withExtendedLifetime(operands) {
      faa_convolution(
        map, dtype.kernel, &shape, operands.0.pointer, operands.1.pointer,
        map == FaaForward ? operands.2.pointer : nil, out.pointer)
    }
    #expect(status == 0)
    return try out.doubles()
  }

  @Test(
    "in f32 is exactly what BLAS makes of patches in f64", arguments: geometries,
    [FaaForward, FaaWeightGradient])
  func isExact(_ geometry: FaaConvolution, _ map: FaaConvolutionMap) throws {
    #expect(Self.geometries.count == 9)
    #expect(
      try Self.run(map, geometry, .f32, ofIntegers: true) == Self.run(map, geometry, .f64, ofIntegers: true))
  }

  @Test("the same bits on 1, 2 and 4 threads", arguments: geometries, [FaaForward, FaaWeightGradient])
  func threadsDoNotMatter(_ geometry: FaaConvolution, _ map: FaaConvolutionMap) throws {
    let threads = Engine.threads
    defer { Engine.threads = threads }
    let results = try [1, 2, 4].map { count in
      Engine.threads = count
      return try Self.run(map, geometry, .f32)
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }
}
