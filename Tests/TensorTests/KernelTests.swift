import Glibc
import Testing

@testable import Tensor

/// A single-precision function, its reference in double, and the error its kernel states.
struct AccuracyCase: Sendable, CustomTestStringConvertible {
  let name: String
  let range: ClosedRange<Double>
  let tolerance: Double
  let function: @Sendable (Tensor) throws -> Tensor
  let reference: @Sendable (Double) -> Double
  var testDescription: String { name }
}

@Suite("Kernels: stated accuracy, special values, and bits that do not depend on threads")
struct KernelTests {
  static let table: [AccuracyCase] = [
    .init(
      name: "exp", range: -87...88, tolerance: 2e-7, function: { try $0.exp() }, reference: { Glibc.exp($0) }),
    .init(
      name: "log", range: 1e-30...1e30, tolerance: 2e-7, function: { try $0.log() },
      reference: { Glibc.log($0) }),
    .init(
      name: "log near 1", range: 0.5...1.9, tolerance: 2e-7, function: { try $0.log() },
      reference: { Glibc.log($0) }),
    .init(
      name: "tanh", range: -12...12, tolerance: 4e-7, function: { try $0.tanh() },
      reference: { Glibc.tanh($0) }),
    .init(
      name: "sigmoid", range: -80...80, tolerance: 5e-7, function: { try $0.sigmoid() },
      reference: { 1 / (1 + Glibc.exp(-$0)) }),
    .init(
      name: "erf", range: -5...5, tolerance: 4e-7, function: { try $0.erf() }, reference: { Glibc.erf($0) }),
    .init(
      name: "gelu", range: -6...8, tolerance: 1.5e-6, function: { try $0.gelu() },
      reference: { $0 * 0.5 * Glibc.erfc(-$0 / 2.0.squareRoot()) }),
    .init(
      name: "softplus", range: -60...60, tolerance: 1e-6, function: { try $0.softplus() },
      reference: { Swift.max($0, 0) + Glibc.log1p(Glibc.exp(-Swift.abs($0))) }),
  ]

  @Test(arguments: table)
  func singlePrecision(_ row: AccuracyCase) throws {
    let (low, high) = (row.range.lowerBound, row.range.upperBound)
    let count = 200_000
    let isWide = low > 0 && high / low > 1e6
    let points = (0..<count).map { index -> Float in
      let t = Double(index) / Double(count - 1)
      return Float(isWide ? low * Glibc.pow(high / low, t) : low + t * (high - low))
    }
    let values = try row.function(Tensor(points)).floats()
    var worst = 0.0
    for (x, value) in zip(points, values) {
      let reference = row.reference(Double(x))
      // Relative, except where a result near 0 comes from an argument that is not small: there absolute.
      let scale = Swift.max(
        Swift.abs(reference), row.name == "gelu" || row.name.hasPrefix("log") ? 0.5 : 1e-37)
      worst = Swift.max(worst, Swift.abs(Double(value) - reference) / scale)
    }
    #expect(worst < row.tolerance, "largest error \(worst)")
  }

  @Test func specialValues() throws {
    let x = try Tensor([Float.nan, .infinity, -.infinity, 0, 89, -104, Float(bitPattern: 71_362)])
    let exp = try x.exp().floats()
    #expect(
      exp[0].isNaN && exp[1] == .infinity && exp[2] == 0 && exp[3] == 1 && exp[4] == .infinity && exp[6] == 1)
    let log = try x.log().floats()
    #expect(log[0].isNaN && log[1] == .infinity && log[2].isNaN && log[3] == -.infinity)
    #expect(abs(log[6] - Float(Glibc.log(71_362 * 0x1p-149))) < 1e-4)
    let gelu = try x.gelu().floats()
    #expect(gelu[0].isNaN && gelu[1] == .infinity && gelu[2] == 0)
    let tanh = try x.tanh().floats()
    #expect(tanh[0].isNaN && tanh[1] == 1 && tanh[2] == -1)
  }

  @Test("the same bits on 1, 2 and 4 threads")
  func threadsDoNotChangeBits() throws {
    var stream = RandomStream(seed: 5)
    let a = try stream.normals([700, 310])
    let b = try stream.normals([310, 270])
    let wide = try stream.normals([300_000])
    let before = Engine.threads
    defer { Engine.threads = before }
    var results: [[[Float]]] = []
    for threads in [1, 2, 4] {
      Engine.threads = threads
      var again = RandomStream(seed: 9)
      results.append([
        try a.matmul(b).floats(), try wide.sum().floats(), try a.sum([0]).floats(), try a.softmax().floats(),
        try a.normalized().floats(), try wide.exp().floats(), try again.normals([100_000]).floats(),
        try a.transposed().matmul(a).floats(),
      ])
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test func philoxMatchesThePublishedVectors() throws {
    // Random123's known-answer tests of philox4x32-10: counter and key of zeros, then of ones. The counter is (draw / 4, stream).
    var zeros = RandomStream(seed: 0, stream: 0)
    #expect(zeros.nextUInt64() == 0x6627_E8D5_E169_C58D)
    #expect(zeros.nextUInt64() == 0xBC57_AC4C_9B00_DBD8)
  }

  @Test func normalsHaveTheirMoments() throws {
    var stream = RandomStream(seed: 3)
    let x = try stream.normals([200_000], dtype: .f64)
    let n = 200_000.0
    #expect(abs(try x.mean().item()) < 4 / n.squareRoot())
    #expect(abs(try x.variance().item() - 1) < 4 * (2 / n).squareRoot())
    let fourth = try x.power(4).mean().item()
    #expect(abs(fourth - 3) < 4 * (96 / n).squareRoot())
  }

  @Test func permutationsAreUniform() {
    var counts: [[Int]: Int] = [:]
    var stream = RandomStream(seed: 1)
    for _ in 0..<6000 { counts[stream.permutation(3), default: 0] += 1 }
    #expect(counts.count == 6)
    let chiSquare = counts.values.reduce(0.0) { $0 + (Double($1) - 1000) * (Double($1) - 1000) / 1000 }
    #expect(chiSquare < 20.5)  // the 0.1 % point of chi square with 5 degrees of freedom
  }
}
