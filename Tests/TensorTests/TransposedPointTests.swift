import Testing

@testable import Tensor

@Suite("Transposed convolution of single pixels")
struct TransposedPointTests {
  /// Dilation allows an output padding that a kernel of one pixel does not fill: what it adds is the bias alone.
  @Test(arguments: [DType.f32, .f64], [1, 2])
  func outputPadding(_ dtype: DType, _ groups: Int) throws {
    var stream = RandomStream(seed: 15)
    let x = try stream.normals([2, 4, 3, 5], dtype: .f64).cast(to: dtype)
    let weight = try stream.normals([4, 3, 1, 1], dtype: .f64).cast(to: dtype)
    let bias = try stream.normals([3 * groups], dtype: .f64).cast(to: dtype)
    let result = try x.convTranspose2d(
      weight, bias: bias, outputPadding: .init(1, 2), dilation: 3, groups: groups)
    let pixels = try x.permuted([0, 2, 3, 1]).reshaped([2, 3, 5, groups, 1, 4 / groups])
    let products = try pixels.matmul(weight.reshaped([groups, 4 / groups, 3]))
    let planes = try products.reshaped([2, 3, 5, 3 * groups]).permuted([0, 3, 1, 2])
    let expected = try planes.padded([(0, 0), (0, 0), (0, 1), (0, 2)]) + bias.reshaped([3 * groups, 1, 1])
    #expect(result.shape == [2, 3 * groups, 4, 7])
    #expect(try (result - expected).abs().max().item() < 1e-5)
  }
}
