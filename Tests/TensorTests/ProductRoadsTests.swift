import Testing

@testable import Tensor

/// Sizes on both sides of every border between the ways a product is computed: registers, tiles with rows, columns and depths to spare, one
/// thread or all, slabs, blocks by rows and columns.
@Suite("Every road of the matrix product gives the product")
struct ProductRoadsTests {
  static let sizes: [(Int, Int, Int)] = [
    (1, 1, 1), (3, 5, 7), (8, 8, 8), (16, 32, 32), (17, 33, 31), (40, 40, 40), (64, 64, 384), (64, 64, 385),
    (130, 20, 90), (20, 300, 64), (300, 20, 64), (257, 129, 100), (33, 700, 400), (700, 33, 400),
    (97, 40, 330), (7, 17, 321), (5, 2000, 70),
    (200, 257, 641), (103, 1030, 1300),
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

  @Test("a batch of products is each of them", arguments: [(17, 17, 64), (65, 33, 40), (97, 270, 330)])
  func batches(_ size: (m: Int, n: Int, k: Int)) throws {
    var stream = RandomStream(seed: 35)
    let a = try stream.normals(Shape([9, size.m, size.k]))
    let b = try stream.normals(Shape([9, size.n, size.k])).transposed()
    let exact = try a.cast(to: .f64).matmul(b.cast(to: .f64))
    let error = try (a.matmul(b).cast(to: .f64) - exact).abs().max().item()
    #expect(error < 4e-6 * Double(size.k).squareRoot() * 4, "\(error)")
  }

  @Test(
    "attention of more queries than a tile holds, and its derivatives, in single precision against double",
    arguments: [17, 97, 200])
  func attention(_ tokens: Int) throws {
    var stream = RandomStream(seed: 36)
    let x = try stream.normals(Shape([2, tokens, 3, 2, 24]))
    func results(_ x: Tensor) throws -> [Tensor] {
      let line = try Linearization(of: { [try $0[0].selfAttention()] }, at: [x])
      let change = try line.pullback([Tensor.ones(line.outputs[0].shape, dtype: x.dtype) * line.outputs[0]])
      return [line.outputs[0], try #require(change[0])]
    }
    for (single, exact) in zip(try results(x), try results(x.cast(to: .f64))) {
      let error = try (single.cast(to: .f64) - exact).abs().max().item()
      #expect(error < 1e-5, "\(error)")
    }
  }

  @Test(
    "sums of columns by blocks of rows are the sums",
    arguments: [(544, 192), (2080, 16), (1000, 1000), (130, 3000), (64, 1025)])
  func columnSums(_ size: (rows: Int, columns: Int)) throws {
    var stream = RandomStream(seed: 37)
    let x = try stream.normals(Shape([size.rows, size.columns]))
    let before = Engine.threads
    defer { Engine.threads = before }
    let runs = try [1, 2, 4].map { count in
      Engine.threads = count
      return try x.sum([0]).floats()
    }
    #expect(runs[0] == runs[1] && runs[0] == runs[2])
    let exact = try x.cast(to: .f64).sum([0]).doubles()
    for (sum, want) in zip(runs[0], exact) { #expect(abs(Double(sum) - want) < 2e-5) }
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

  @Test(
    "small products of every width, of operands cut out of larger ones, are sums of products",
    arguments: [DType.f32, .f64])
  func small(_ dtype: DType) throws {
    func cut(_ rows: Int, _ columns: Int, turned: Bool) throws -> Tensor {
      let (height, width) = turned ? (columns, rows) : (rows, columns)
      let numbers = (0..<(height + 1) * (width + 2)).map { Double($0 * 5 % 17 - 8) }
      let whole = try Tensor(numbers, shape: Shape([height + 1, width + 2])).cast(to: dtype)
      let part = try whole.narrowed(axis: 0, start: 0, count: height).narrowed(
        axis: 1, start: 1, count: width)
      return turned ? try part.transposed() : part
    }
    for (m, k) in [(1, 3), (2, 1), (4, 8), (5, 6), (7, 13), (14, 40), (9, 150), (200, 5)] {
      for n in 1...(k > 13 ? 35 : 21) {
        for turned in [(false, false), (true, false), (false, true), (true, true)] {
          let (a, b) = try (cut(m, k, turned: turned.0), cut(k, n, turned: turned.1))
          let (x, y) = try (a.doubles(), b.doubles())
          let want = (0..<m * n).map { place in
            (0..<k).reduce(0.0) { $0 + x[place / n * k + $1] * y[$1 * n + place % n] }
          }
          #expect(try a.matmul(b).doubles() == want, "\(m) x \(n) x \(k), \(turned)")
          var sum = try Tensor.ones(Shape([m, n]), dtype: dtype) * 3
          #expect(try Matmul.add(a, b, Matmul.Turned(), to: &sum))
          #expect(try sum.doubles() == want.map { $0 + 3 }, "added, \(m) x \(n) x \(k), \(turned)")
        }
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
