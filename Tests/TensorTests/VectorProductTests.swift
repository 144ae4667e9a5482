import Testing

@testable import Tensor

@Suite("Products with a vector take another road through BLAS")
struct VectorProductTests {
  /// The product by its definition, in f64.
  func reference(_ a: Tensor, _ b: Tensor) throws -> [Double] {
    let (m, k, n) = (a.shape[0], a.shape[1], b.shape[1])
    let (x, y) = (try a.doubles(), try b.doubles())
    return (0..<m * n).map { index in
      (0..<k).reduce(0) { $0 + x[index / n * k + $1] * y[$1 * n + index % n] }
    }
  }

  @Test(
    "columns and rows, stored either way, whole and strided, agree with the definition",
    arguments: [(1, 1, 1), (7, 5, 1), (1, 5, 7), (300, 400, 1), (1, 400, 300)], [DType.f32, .f64])
  func layouts(_ extents: (Int, Int, Int), _ dtype: DType) throws {
    let (m, k, n) = extents
    var stream = RandomStream(seed: 4)
    func variants(_ rows: Int, _ columns: Int) throws -> [Tensor] {
      let plain = try stream.normals(Shape([rows, columns]), dtype: dtype)
      let stored = try stream.normals(Shape([columns, rows]), dtype: dtype).transposed()
      let part = try stream.normals(Shape([rows + 3, columns + 2]), dtype: dtype)
        .narrowed(axis: 0, start: 2, count: rows).narrowed(axis: 1, start: 1, count: columns)
      let partStored = try stream.normals(Shape([columns + 3, rows + 2]), dtype: dtype)
        .narrowed(axis: 0, start: 2, count: columns).narrowed(axis: 1, start: 1, count: rows).transposed()
      return [plain, stored, part, partStored, try plain.flipped()]
    }
    let tolerance = dtype == .f64 ? 1e-12 : 2e-4
    for a in try variants(m, k) {
      for b in try variants(k, n) {
        let got = try a.matmul(b).doubles()
        let want = try reference(a, b)
        #expect(zip(got, want).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) })
      }
    }
  }

  @Test("a batch of them, and NaN and infinity, come through; a reused buffer's old NaN does not")
  func values() throws {
    let a = try Tensor((0..<24).map(Double.init), shape: [2, 3, 4])
    let x = try Tensor([1.0, -1, 2, 0.5], shape: [4, 1])
    let product = try a.matmul(x.expanded(to: [2, 4, 1]))
    #expect(product.shape == [2, 3, 1])
    let rows: [Double] = (0..<6).map { Double($0) * 10 + 4.5 }
    #expect(try product.doubles() == rows)
    let bad = try Tensor([1.0, .nan, .infinity, 1], shape: [2, 2]).matmul(Tensor([1.0, 1]))
    #expect(try bad.doubles()[0].isNaN && bad.doubles()[1] == .infinity)
    for _ in 0..<50 {
      let dirty = try Tensor.full([20_000], .nan, dtype: .f64)
      #expect(dirty.count == 20_000)
      let clean = try Tensor.ones([20_000, 2], dtype: .f64).matmul(Tensor([1.0, 2]))
      #expect(try clean.sum().item() == 60_000)
    }
  }
}
