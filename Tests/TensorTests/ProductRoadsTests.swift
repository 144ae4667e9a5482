import Testing

@testable import Tensor

/// Sizes on both sides of every border between the ways a product is computed: registers, oneDNN, OpenBLAS, pieces by rows and columns.
@Suite("Every road of the matrix product gives the product")
struct ProductRoadsTests {
  static let sizes: [(Int, Int, Int)] = [
    (1, 1, 1), (3, 5, 7), (8, 8, 8), (16, 32, 32), (17, 33, 31), (40, 40, 40), (64, 64, 384), (64, 64, 385),
    (130, 20, 90), (20, 300, 64), (300, 20, 64), (257, 129, 100), (33, 700, 400), (700, 33, 400),
  ]

  @Test("plain, stored transposed, and with a bias, in single precision against double", arguments: sizes)
  func roads(_ size: (m: Int, n: Int, k: Int)) throws {
    var stream = RandomStream(seed: 31)
    let a = try stream.normals(Shape([size.m, size.k]))
    let b = try stream.normals(Shape([size.k, size.n]))
    let bias = try stream.normals(Shape([size.n]))
    let exact = try a.cast(to: .f64).matmul(b.cast(to: .f64))
    let turnedA = try a.transposed().contiguous(in: "test").transposed()
    let turnedB = try b.transposed().contiguous(in: "test").transposed()
    // Buffers that come back from the pool full of NaN must not leak into a product.
    _ = try Tensor.full(Shape([size.m, size.n]), .nan)
    let tolerance = 4e-6 * Double(size.k).squareRoot() * 4
    for (left, right) in [(a, b), (turnedA, b), (a, turnedB), (turnedA, turnedB)] {
      let error = try (left.matmul(right).cast(to: .f64) - exact).abs().max().item()
      #expect(error < tolerance, "\(error)")
    }
    let mapped = try a.linear(weight: b.transposed(), bias: bias).cast(to: .f64)
    let error = try (mapped - exact - bias.cast(to: .f64)).abs().max().item()
    #expect(error < tolerance, "with a bias: \(error)")
  }

  @Test("the double-precision product is the sum of products", arguments: sizes.prefix(7))
  func definition(_ size: (m: Int, n: Int, k: Int)) throws {
    var stream = RandomStream(seed: 32)
    let a = try stream.normals(Shape([size.m, size.k]), dtype: .f64)
    let b = try stream.normals(Shape([size.k, size.n]), dtype: .f64)
    let (x, y, got) = try (a.doubles(), b.doubles(), a.matmul(b).doubles())
    for i in 0..<size.m {
      for j in 0..<size.n {
        let want = (0..<size.k).reduce(0.0) { $0 + x[i * size.k + $1] * y[$1 * size.n + j] }
        #expect(abs(got[i * size.n + j] - want) < 1e-12 * Double(size.k))
      }
    }
  }

  @Test("the same bits on 1, 2 and 4 threads", arguments: sizes.suffix(6))
  func threads(_ size: (m: Int, n: Int, k: Int)) throws {
    let before = Engine.threads
    defer { Engine.threads = before }
    var stream = RandomStream(seed: 33)
    let a = try stream.normals(Shape([size.m, size.k]))
    let b = try stream.normals(Shape([size.k, size.n]))
    let runs = try [1, 2, 4].map { count in
      Engine.threads = count
      return try a.matmul(b).floats()
    }
    #expect(runs[0] == runs[1] && runs[0] == runs[2])
  }

  @Test("extremes of rows, columns and long vectors, with NaN anywhere")
  func extremes() throws {
    var stream = RandomStream(seed: 34)
    for shape: Shape in [[1], [5], [300_000], [3, 200_000], [700, 33], [4, 9, 5]] {
      let x = try stream.normals(shape)
      let values = try x.floats()
      #expect(try x.max().item() == Double(values.max() ?? 0))
      #expect(try x.min().item() == Double(values.min() ?? 0))
      let n = shape[shape.rank - 1]
      for axis in 0..<shape.rank {
        let (outer, extent, inner) = shape.split(at: axis)
        let columns = try x.max([axis]).floats()
        for o in 0..<min(outer, 3) {
          for i in 0..<min(inner, 40) {
            let want = (0..<extent).map { values[(o * extent + $0) * inner + i] }.max()
            #expect(columns[o * inner + i] == want)
          }
        }
      }
      for place in [0, n / 2, n - 1] {
        var bad = values
        bad[place] = .nan
        #expect(try Tensor(bad, shape: shape).max().item().isNaN)
        #expect(try Tensor(bad, shape: shape).min([shape.rank - 1]).floats()[0].isNaN)
      }
    }
  }
}
