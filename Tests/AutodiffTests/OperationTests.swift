import Autodiff
import Foundation
import Testing

@testable import Tensor

@Suite("Elementwise, structural, sorting and reducing operations")
struct OperationTests {
  static let recorded = RecordedOperation.load("operations")

  static func run(_ row: RecordedOperation, _ x: [Tensor]) throws -> Tensor {
    try elementwise(row.op, x) ?? structural(row.op, x, row.attributes) ?? order(row.op, x, row.attributes)
      ?? reduction(row.op, x, row.attributes)
  }

  private static func elementwise(_ op: String, _ x: [Tensor]) throws -> Tensor? {
    switch op {
    case "silu": try x[0].silu()
    case "geluTanh": try x[0].geluTanh()
    case "elu": try x[0].elu()
    case "elu2": try x[0].elu(alpha: 2)
    case "selu": try x[0].selu()
    case "leakyRelu": try x[0].leakyRelu()
    case "hardtanh": try x[0].hardtanh()
    case "relu6": try x[0].relu6()
    case "hardswish": try x[0].hardswish()
    case "hardsigmoid": try x[0].hardsigmoid()
    case "mish": try x[0].mish()
    case "softsign": try x[0].softsign()
    case "logSigmoid": try x[0].logSigmoid()
    case "sinh": try x[0].sinh()
    case "cosh": try x[0].cosh()
    case "asinh": try x[0].asinh()
    case "atan": try x[0].atan()
    case "exp2": try x[0].exp2()
    case "asin": try x[0].asin()
    case "acos": try x[0].acos()
    case "atanh": try x[0].atanh()
    case "acosh": try x[0].acosh()
    case "log2": try x[0].log2()
    case "log10": try x[0].log10()
    case "rsqrt": try x[0].rsqrt()
    case "truncate": try x[0].truncated()
    case "isInf": try x[0].isInf()
    case "nanToNumber": try x[0].nanToNumber()
    case "atan2": try x[0].atan2(x[1])
    case "hypot": try x[0].hypot(x[1])
    case "logAddExp": try x[0].logAddExp(x[1])
    case "xor": try x[0].logicalXor(x[1])
    default: nil
    }
  }

  private static func structural(
    _ op: String, _ x: [Tensor], _ a: RecordedOperation.Attributes
  ) throws -> Tensor? {
    let axis = a.axis ?? 0
    return switch op {
    case "tril": try x[0].lowerTriangle(a.offset ?? 0)
    case "triu": try x[0].upperTriangle(a.offset ?? 0)
    case "diagonal": try x[0].diagonal(offset: a.offset ?? 0)
    case "diagonalMatrix": try x[0].diagonalMatrix(offset: a.offset ?? 0)
    case "roll": try x[0].rolled(a.shift ?? 0, axis: axis)
    case "tile": try x[0].tiled(a.counts ?? [])
    case "repeat": try x[0].repeated(a.count ?? 1, axis: axis)
    case "moveAxis": try x[0].movingAxis(a.source ?? 0, to: a.target ?? 0)
    case "swapAxes": try x[0].swappingAxes(a.source ?? 0, a.target ?? 0)
    case "oneHot": try x[0].oneHot(a.count ?? 0, dtype: .f64)
    case "scatterAdd": try x[0].scatterAdd(x[1], x[2], axis: axis)
    case "scatter": try x[0].scatter(x[1], x[2], axis: axis)
    case "indexAdd": try x[0].indexAdd(x[1], x[2], axis: axis)
    case "indexPut": try x[0].indexPut(x[1], x[2], axis: axis)
    case "masked": try x[0].masked(x[1])
    case "maskedFill": try x[0].maskedFill(x[1], 7)
    case "logGamma": try x[0].logGamma()
    case "digamma": try x[0].digamma()
    case "polygamma": try x[0].polygamma(a.count ?? 0)
    case "embedding": try x[0].embedding(x[1])
    default: nil
    }
  }

  private static func order(_ op: String, _ x: [Tensor], _ a: RecordedOperation.Attributes) throws -> Tensor?
  {
    let axis = a.axis ?? 0
    let descending = a.descending ?? false
    return switch op {
    case "argSort": try x[0].argSort(axis: axis, descending: descending)
    case "sort": try x[0].sorted(axis: axis, descending: descending).values
    case "topK": try x[0].topK(a.count ?? 1, axis: axis, largest: descending).values
    case "quantile": try x[0].quantile(a.q ?? 0, axis: axis)
    case "median": try x[0].median(axis: axis)
    case "maxWithIndices": try x[0].maxWithIndices(axis: axis).values
    case "minWithIndices": try x[0].minWithIndices(axis: axis).values
    default: nil
    }
  }

  private static func reduction(_ op: String, _ x: [Tensor], _ a: RecordedOperation.Attributes) throws
    -> Tensor
  {
    let axis = a.axis ?? 0
    let keep = a.keep ?? false
    switch op {
    case "product": return try x[0].product(a.axes, keep: keep)
    case "cumulativeProduct": return try x[0].cumulativeProduct(axis: axis)
    case "cumulativeMax": return try x[0].cumulativeMax(axis: axis)
    case "cumulativeLogSumExp": return try x[0].cumulativeLogSumExp(axis: axis)
    case "standardDeviation": return try x[0].standardDeviation(a.axes, ddof: a.ddof ?? 0)
    case "countNonzero": return try x[0].countNonzero(a.axes)
    case "norm":
      let named: [String: NormOrder] = ["one": .one, "two": .two, "infinity": .infinity]
      let order = a.order ?? "two"
      return try x[0].norm(named[order] ?? .p(Double(order) ?? 2), a.axes)
    default: throw TensorError(.invalidArgument, in: op, "is not in the table of this test")
    }
  }

  @Test func theFixtureIsThere() { #expect(Self.recorded.count >= 230) }

  @Test("values and gradients against PyTorch, in f64 and f32", arguments: recorded)
  func values(_ row: RecordedOperation) throws {
    let x = try row.inputs.map { try $0.tensor() }
    try row.value.expectEqual(Self.run(row, x), tolerance: 1e-12, "value")
    guard !row.gradients.isEmpty else { return }
    let floating = x.indices.filter { x[$0].dtype.isFloating }
    let gradients = try valueAndGrad(at: floating.map { x[$0] }) { inputs in
      var all = x
      for (position, index) in floating.enumerated() { all[index] = inputs[position] }
      let result = try Self.run(row, all)
      return try (result * cosines(result.shape)).sum()
    }.gradients
    for (gradient, reference) in zip(gradients, row.gradients) {
      try reference.expectEqual(gradient, tolerance: 1e-11, "gradient")
    }
    let single = try x.map { $0.dtype == .f64 ? try $0.cast(to: .f32) : $0 }
    try row.value.expectEqual(Self.run(row, single), tolerance: 2e-4, "f32 value")
  }

  @Test("lengths and spreads have finite derivatives at 0, of order 1 and 2")
  func atZero() throws {
    let zero = try Tensor.zeros([3], dtype: .f64)
    let norms: [NormOrder] = [.one, .two, .infinity, .p(0.5), .p(1.5), .p(3)]
    var functions: [(Tensor) throws -> Tensor] = norms.map { order in { try $0.norm(order) } }
    functions.append { try $0.standardDeviation() }
    functions.append { try $0.hypot($0).sum() }
    functions.append { try $0.atan2($0).sum() }
    for f in functions {
      #expect(try grad(f)(zero).isFinite().all().item() == 1)
      #expect(try hessian(at: zero, f).isFinite().all().item() == 1)
    }
  }

  @Test("a product with zeros has all its second derivatives")
  func productHessian() throws {
    // d²(xyz)/dx dy = z and so on, at (0, 0, 5).
    let h = try hessian(at: Tensor([0.0, 0, 5])) { try $0.product() }.doubles()
    #expect(h == [0, 5, 0, 5, 0, 0, 0, 0, 0])
  }

  @Test("of equal indices the last wins, and only it gets a derivative")
  func lastWins() throws {
    let x = try Tensor([1.0, 2, 3])
    let indices = try Tensor([Int32(1), 1, 0, 1])
    let values = try Tensor([10.0, 20, 30, 40])
    #expect(try x.scatter(indices, values, axis: 0).doubles() == [30, 40, 3])
    #expect(try x.indexPut(indices, values).doubles() == [30, 40, 3])
    for put in [{ try x.scatter(indices, $0, axis: 0) }, { try x.indexPut(indices, $0) }]
      as [(Tensor) throws -> Tensor]
    {
      #expect(try grad { try (put($0) * Tensor([1.0, 2, 3])).sum() }(values).doubles() == [0, 0, 1, 2])
    }
    #expect(try grad { try $0.scatter(indices, values, axis: 0).sum() }(x).doubles() == [0, 0, 1])
    let whole = try Tensor([Int32.max, 1]).scatterAdd(Tensor([Int32(1), 1]), Tensor([Int32(5), 6]), axis: 0)
    #expect(try whole.ints() == [Int(Int32.max), 12])
    #expect(throws: TensorError.self) {
      try Tensor([Int32.max]).scatterAdd(Tensor([Int32(0)]), Tensor([Int32(1)]), axis: 0)
    }
  }

  @Test("indices of extremes, grids, pieces")
  func various() throws {
    let x = try Tensor([3.0, 1, 3, 2, 5, 5], shape: [2, 3])
    #expect(try x.maxWithIndices(axis: 1).indices.ints() == [0, 1])
    #expect(try x.minWithIndices(axis: 0, keep: true).values.shape == [1, 3])
    #expect(try x.topK(2, axis: 1).indices.ints() == [0, 2, 1, 2])
    let grid = try Tensor.meshgrid([Tensor([1.0, 2]), Tensor([3.0, 4, 5])])
    #expect(try grid[0].doubles() == [1, 1, 1, 2, 2, 2] && grid[1].doubles() == [3, 4, 5, 3, 4, 5])
    let row = try Tensor.arange(0, 7)
    #expect(try row.chunked(3).map { try $0.ints() } == [[0, 1, 2], [3, 4, 5], [6]])
    #expect(try row.chunked(10).count == 7)
    #expect(try Tensor.zeros([0, 2]).chunked(3).count == 1)
    #expect(try Tensor.zeros([0]).argSort().shape == [0])
    #expect(try Tensor([Double.nan, 1]).median().item().isNaN)
    #expect(try x.median().item() == 3)
  }
}
