import Glibc
import Testing

@testable import Tensor

/// A distribution: how to draw from it, its distribution function, mean and variance.
struct DistributionCase: Sendable, CustomTestStringConvertible {
  let name: String
  let mean: Double, variance: Double
  let draw: @Sendable (inout RandomStream, Shape, DType) throws -> Tensor
  let below: @Sendable (Double) -> Double
  var testDescription: String { name }
}

private func normalBelow(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }
private func normalDensity(_ z: Double) -> Double { exp(-z * z / 2) / (2 * Double.pi).squareRoot() }

@Suite("Random numbers of every distribution")
struct DistributionTests {
  static let table: [DistributionCase] = [
    .init(
      name: "uniform", mean: 1, variance: 16.0 / 12,
      draw: { try $0.uniforms($1, low: -1, high: 3, dtype: $2) },
      below: { ($0 + 1) / 4 }),
    .init(
      name: "normal", mean: 2, variance: 9,
      draw: { try $0.normals($1, mean: 2, standardDeviation: 3, dtype: $2) },
      below: { normalBelow(($0 - 2) / 3) }),
    .init(
      name: "exponential", mean: 0.5, variance: 0.25, draw: { try $0.exponentials($1, rate: 2, dtype: $2) },
      below: { 1 - exp(-2 * $0) }),
    .init(
      name: "truncated normal", mean: 0,
      variance: 1 - 4 * normalDensity(2) / (2 * normalBelow(2) - 1),
      draw: { try $0.truncatedNormals($1, dtype: $2) },
      below: { (normalBelow($0) - normalBelow(-2)) / (normalBelow(2) - normalBelow(-2)) }),
    .init(
      name: "truncated normal, far tail", mean: 6.158, variance: 0.024,
      draw: { try $0.truncatedNormals($1, lower: 6, upper: .infinity, dtype: $2) },
      below: { 1 - erfc($0 / 2.0.squareRoot()) / erfc(6 / 2.0.squareRoot()) }),
    .init(
      name: "gamma 3", mean: 6, variance: 12,
      draw: { try $0.gammas($1, concentration: 3, scale: 2, dtype: $2) },
      below: { x in
        let y = x / 2; return 1 - exp(-y) * (1 + y + y * y / 2)
      }),
    .init(
      name: "gamma 1/2", mean: 0.5, variance: 0.5, draw: { try $0.gammas($1, concentration: 0.5, dtype: $2) },
      below: { erf($0.squareRoot()) }),
    .init(
      name: "gamma 5/2", mean: 2.5, variance: 2.5, draw: { try $0.gammas($1, concentration: 2.5, dtype: $2) },
      below: { x in
        let root = x.squareRoot()
        return erf(root) - exp(-x) * (root / tgamma(1.5) + x * root / tgamma(2.5))
      }),
    .init(
      name: "beta 2, 3", mean: 0.4, variance: 0.04, draw: { try $0.betas($1, 2, 3, dtype: $2) },
      below: { x in x * x * (6 - 8 * x + 3 * x * x) }),
    .init(
      name: "beta 1/2, 1/2", mean: 0.5, variance: 0.125, draw: { try $0.betas($1, 0.5, 0.5, dtype: $2) },
      below: { 2 / Double.pi * asin($0.squareRoot()) }),
    .init(
      name: "beta 0.2, 1", mean: 1.0 / 6, variance: 0.2 / (1.44 * 2.2),
      draw: { try $0.betas($1, 0.2, 1, dtype: $2) },
      below: { pow($0, 0.2) }),
  ]

  @Test("Kolmogorov-Smirnov and moments, over seeds", arguments: table, [1, 2, 3, 4] as [UInt64])
  func distribution(_ row: DistributionCase, _ seed: UInt64) throws {
    let count = 40_000
    var stream = RandomStream(seed: seed)
    let x = try row.draw(&stream, [count], .f64).doubles()
    let n = Double(count)
    let sorted = x.sorted()
    var distance = 0.0
    for (index, value) in sorted.enumerated() {
      let p = row.below(value)
      distance = max(distance, abs(p - Double(index) / n), abs(p - Double(index + 1) / n))
    }
    #expect(distance < 1.95 / n.squareRoot(), "KS distance \(distance)")  // the 0.1 % point
    guard row.name != "truncated normal, far tail" else { return }
    let mean = x.reduce(0, +) / n
    #expect(abs(mean - row.mean) < 4.5 * (row.variance / n).squareRoot())
    let variance = x.reduce(0) { $0 + ($1 - row.mean) * ($1 - row.mean) } / n
    let fourth = x.reduce(0) { $0 + pow($1 - row.mean, 4) } / n
    #expect(abs(variance - row.variance) < 4.5 * ((fourth - variance * variance) / n).squareRoot())
  }

  @Test("any part can be drawn alone, and bits do not depend on threads", arguments: table)
  func parts(_ row: DistributionCase) throws {
    let before = Engine.threads
    defer { Engine.threads = before }
    let whole = try [1, 2, 4].map { threads in
      Engine.threads = threads
      var stream = RandomStream(seed: 3)
      return try row.draw(&stream, [30_000], .f32).floats()
    }
    #expect(whole[0] == whole[1] && whole[0] == whole[2])
    guard !row.name.hasPrefix("beta") else { return }
    var stream = RandomStream(seed: 3)
    let first = try row.draw(&stream, [12_345], .f32).floats()
    #expect(try first + row.draw(&stream, [17_655], .f32).floats() == whole[0])
  }

  /// Pearson's statistic of counts against probabilities.
  private func chiSquare(_ counts: [Int], _ probabilities: [Double]) -> Double {
    let n = Double(counts.reduce(0, +))
    return zip(counts, probabilities).reduce(0) { $0 + pow(Double($1.0) - n * $1.1, 2) / (n * $1.1) }
  }

  private func tally(_ values: [Int], _ classes: Int) -> [Int] {
    values.reduce(into: [Int](repeating: 0, count: classes)) { $0[$1] += 1 }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func discrete(_ seed: UInt64) throws {
    var stream = RandomStream(seed: seed)
    let integers = try stream.integers([60_000], low: -2, high: 4).ints()
    #expect(chiSquare(tally(integers.map { $0 + 2 }, 6), Array(repeating: 1.0 / 6, count: 6)) < 20.5)
    let p = [0.5, 0.125, 0.25, 0.125]
    let drawn = try stream.categorical(probabilities: Tensor([4.0, 1, 0, 2, 1]), count: 40_000).ints()
    #expect(!drawn.contains(2))
    #expect(chiSquare(tally(drawn.map { $0 > 2 ? $0 - 1 : $0 }, 4), p) < 16.3)
    let logits = try Tensor([log(0.5), log(0.125), log(0.25), log(0.125)]) + 1000
    #expect(chiSquare(tally(try stream.categorical(logits: logits, count: 40_000).ints(), 4), p) < 16.3)
    let coins = try stream.bernoullis([100_000], probability: 0.3)
    #expect(coins.dtype == .bool)
    #expect(abs(try coins.cast(to: .f64).mean().item() - 0.3) < 4 * (0.21 / 1e5).squareRoot())
    #expect(try stream.bernoullis([1000], probability: 0).any().item() == 0)
    #expect(try stream.bernoullis([1000], probability: 1).all().item() == 1)
    #expect(try stream.permutationTensor(9).ints().sorted() == Array(0..<9))
  }

  @Test func categoricalRowsAreTheirOwn() throws {
    var stream = RandomStream(seed: 1)
    let rows = try stream.categorical(probabilities: Tensor([0.0, 1, 0, 0, 0, 2], shape: [2, 3]), count: 4)
    #expect(rows.shape == [2, 4])
    #expect(try rows.ints() == [1, 1, 1, 1, 2, 2, 2, 2])
  }

  @Test func dropoutKeepsTheMean() throws {
    var stream = RandomStream(seed: 1)
    let x = try Tensor.ones([100_000])
    let dropped = try x.dropout(rate: 0.2, &stream)
    let values = try dropped.floats()
    #expect(values.allSatisfy { $0 == 0 || $0 == 1.25 })
    #expect(abs(try dropped.mean().item() - 1) < 4 * (0.25 / 1e5).squareRoot())
    #expect(try x.dropout(rate: 1, &stream).sum().item() == 0)
    #expect(try x.dropout(rate: 0, &stream).sum().item() == 100_000)
  }

  @Test func limitsAreKept() throws {
    var stream = RandomStream(seed: 1)
    let u = try stream.uniforms([200_000], low: 16_777_215, high: 16_777_216)
    #expect(try u.max().item() < 16_777_216)
    let tail = try stream.truncatedNormals([10_000], lower: 30, upper: 31, dtype: .f64)
    #expect(try tail.min().item() >= 30 && tail.max().item() <= 31 && tail.mean().item() < 30.1)
    // Where the distribution function is 0 or 1 in all digits: an exponential tail of mean 1 / 50 - 2 / 50³, as Mills's ratio has it.
    for (lower, upper) in [(50.0, 60.0), (-60, -50)] {
      let far = try stream.truncatedNormals([40_000], lower: lower, upper: upper, dtype: .f64)
      let excess = try (far.abs() - 50).doubles()
      let mean = excess.reduce(0, +) / 40_000
      #expect(excess.min()! >= 0 && abs(mean - 0.019984) < 5 * 0.02 / 200)
    }
    let tiny = try stream.betas([10_000], 1e-3, 1e-3)
    #expect(try tiny.isFinite().all().item() == 1)
  }

  @Test func badParametersAreErrors() {
    var stream = RandomStream(seed: 1)
    #expect(throws: TensorError.self) { try stream.gammas([2], concentration: 0) }
    #expect(throws: TensorError.self) { try stream.betas([2], -1, .nan) }
    #expect(throws: TensorError.self) { try stream.bernoullis([2], probability: 1.5) }
    #expect(throws: TensorError.self) { try stream.integers([2], low: 3, high: 3) }
    #expect(throws: TensorError.self) { try stream.categorical(probabilities: .zeros([3])) }
    #expect(throws: TensorError.self) { try stream.categorical(probabilities: Tensor([1.0, -1])) }
    #expect(throws: TensorError.self) { try stream.truncatedNormals([2], lower: 1, upper: 1) }
    #expect(throws: TensorError.self) { try stream.exponentials([2], rate: -1) }
    #expect(throws: TensorError.self) { try stream.uniforms([2], low: 1, high: 0) }
  }
}
