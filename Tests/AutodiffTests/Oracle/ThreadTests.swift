import Autodiff
import Testing

@testable import Tensor

/// A call large enough for every thread to have several chunks.
struct LargeCase: CustomTestStringConvertible, Sendable {
  let operation: String
  let shapes: [Shape]
  var attributes: [String: [Double]] = [:]
  /// The dtype of each operand where it is not the one under test.
  var dtypes: [Int: DType] = [:]

  var testDescription: String { "\(operation) \(shapes)" }

  private static let matrix: Shape = [157, 431]
  private static let unary = [
    "neg", "abs", "sign", "relu", "square", "floor", "ceil", "round", "exp", "expm1", "log", "log1p", "sqrt",
    "sin", "cos", "tan", "tanh", "sigmoid", "softplus", "erf", "gelu", "reciprocal", "isNaN", "isFinite",
    "transpose", "normalize",
  ]
  private static let binary = [
    "add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "floorDivide", "remainder",
    "equal",
    "less", "lessOrEqual",
  ]
  private static let reductions = ["sum", "mean", "variance", "norm", "max", "min", "any", "all", "product"]

  static let all: [LargeCase] =
    unary.map { LargeCase(operation: $0, shapes: [matrix]) }
    + binary.flatMap {
      [
        LargeCase(operation: $0, shapes: [matrix, matrix]),
        LargeCase(operation: $0, shapes: [[157, 1], [7, 1, 431]]),
        LargeCase(operation: $0, shapes: [[200_003], []]),
      ]
    }
    + reductions.flatMap { operation in
      ([[0], [1], [0, 1], []] as [[Double]]).map {
        LargeCase(operation: operation, shapes: [matrix], attributes: ["axes": $0])
      } + [
        LargeCase(operation: operation, shapes: [[400_001]]),
        LargeCase(operation: operation, shapes: [[41, 60, 73]], attributes: ["axes": [0, 2]]),
      ]
    }
    + [
      .init(operation: "argmax", shapes: [matrix], attributes: ["axis": [1]]),
      .init(operation: "argmin", shapes: [matrix], attributes: ["axis": [0]]),
      .init(operation: "argsort", shapes: [matrix]),
      .init(operation: "cumsum", shapes: [matrix], attributes: ["axis": [0]]),
      .init(operation: "softmax", shapes: [matrix], attributes: ["axis": [-1]]),
      .init(operation: "softmax", shapes: [matrix], attributes: ["axis": [0]]),
      .init(operation: "logSumExp", shapes: [matrix], attributes: ["axis": [-1]]),
      .init(operation: "logSoftmax", shapes: [matrix], attributes: ["axis": [-1]]),
      .init(operation: "where", shapes: [matrix, matrix, [431]], dtypes: [0: .bool]),
      .init(operation: "cast", shapes: [matrix], attributes: ["to": [2]]),
      .init(operation: "cast", shapes: [matrix], attributes: ["to": [3]]),
      .init(operation: "reshape", shapes: [matrix], attributes: ["shape": [431, 157]]),
      .init(operation: "permute", shapes: [[41, 60, 73]], attributes: ["order": [2, 0, 1]]),
      .init(operation: "expand", shapes: [[157, 1]], attributes: ["shape": [3, 157, 431]]),
      .init(operation: "slice", shapes: [matrix], attributes: ["slices": [156, -2, 70, 5, 3, 140]]),
      .init(operation: "pad", shapes: [matrix], attributes: ["pads": [3, 5, 2, 1]]),
      .init(operation: "concat", shapes: [matrix, matrix], attributes: ["axis": [1]]),
      .init(operation: "take", shapes: [matrix, [4000]], attributes: ["axis": [0]], dtypes: [1: .i32]),
      .init(
        operation: "takeAlong", shapes: [matrix, [157, 900]], attributes: ["axis": [1]], dtypes: [1: .i32]),
      .init(operation: "matmul", shapes: [matrix, [431, 211]]),
      .init(operation: "matmul", shapes: [[5, 101, 67], [5, 67, 130]]),
      .init(operation: "matmul", shapes: [matrix, [431]]),
      .init(operation: "matmulTransposed", shapes: [[431, 157], [211, 431]]),
    ]

  /// Operands that are views with negative strides, positive throughout so that every operation is defined.
  func operands(_ dtype: DType) throws -> [Tensor] {
    var stream = RandomStream(seed: 21)
    return try shapes.enumerated().map { index, shape in
      let x = try stream.uniforms(shape, low: 0.4, high: 1.6, dtype: .f64)
      let type = dtypes[index] ?? dtype
      // Indices into 157 or 431 rows; conditions that differ.
      return try (type == .i32 ? x * 95 : type == .bool ? x.floor() : x).cast(to: type).flipped()
    }
  }
}

@Suite("Bits do not depend on threads, and a large call gives the bits of a small one", .serialized)
struct ThreadTests {
  private func bits(_ tensors: [Tensor]) throws -> [[UInt64]] {
    try tensors.map { try $0.doubles().map(\.bitPattern) }
  }

  @Test(
    "values and first and second derivatives on 1, 2 and 4 threads", arguments: LargeCase.all,
    [DType.f32, .f64])
  func threads(_ row: LargeCase, _ dtype: DType) throws {
    let call = try #require(OracleTable.all[row.operation])
    let attributes = RecordedCase.Attributes(lists: row.attributes)
    let operands = try row.operands(dtype)
    let variables = operands.indices.filter { row.dtypes[$0] == nil }
    let before = Engine.threads
    defer { Engine.threads = before }
    var reference: [[UInt64]]?
    for threads in [1, 2, 4] {
      Engine.threads = threads
      var results = [try call(operands, attributes)]
      if results[0].dtype.isFloating, row.operation != "product" {
        let c = results[0].detached
        let f: ([Tensor]) throws -> Tensor = { x in
          var inputs = operands
          for (variable, index) in zip(x, variables) { inputs[index] = variable }
          return try (call(inputs, attributes) * c).sum()
        }
        let x = variables.map { operands[$0] }
        results += try valueAndGrad(at: x, f).gradients
        results += try hvp(at: x, along: x, f)
      }
      let found = try bits(results)
      #expect(reference == nil || reference == found, "\(threads) threads")
      reference = reference ?? found
    }
  }

  @Test(
    "elementwise, by rows",
    arguments: LargeCase.all.filter {
      $0.dtypes.isEmpty && $0.shapes.allSatisfy { $0 == [157, 431] } && $0.attributes.isEmpty
    })
  func rows(_ row: LargeCase) throws {
    guard !["transpose", "sum", "mean", "variance", "norm"].contains(row.operation) else { return }
    let call = try #require(OracleTable.all[row.operation])
    for dtype in [DType.f32, .f64] {
      let operands = try row.operands(dtype)
      let whole = try call(operands, .init())
      for index in [0, 7, 77, 156] {
        let one = try call(operands.map { try $0.narrowed(axis: 0, start: index, count: 1) }, .init())
        #expect(try bits([whole.narrowed(axis: 0, start: index, count: 1)]) == bits([one]))
      }
    }
  }

  @Test("reductions of large tensors against plain loops", arguments: [DType.f32, .f64])
  func reductions(_ dtype: DType) throws {
    var stream = RandomStream(seed: 4)
    let (rows, columns) = (611, 733)
    let x = try stream.normals([rows, columns], dtype: dtype)
    let values = try x.doubles()
    let byRow = (0..<rows).map { row in values[(row * columns)..<((row + 1) * columns)].reduce(0, +) }
    let byColumn = (0..<columns).map { column in
      stride(from: column, to: values.count, by: columns).reduce(0) { $0 + values[$1] }
    }
    let tolerance = dtype == .f32 ? 1e-3 : 1e-10
    let sums = try [x.sum([1]), x.sum([0]), x.sum(), x.reshaped([rows * columns]).sum([0])].map {
      try $0.doubles()
    }
    let whole = [byRow.reduce(0, +)]
    for (found, expected) in zip(sums, [byRow, byColumn, whole, whole]) {
      #expect(found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < tolerance })
    }
    #expect(try x.max().item() == values.max() && x.min().item() == values.min())
    #expect(try x.argMax().item() == values.indices.max { values[$0] < values[$1] }.map(Double.init))
    let order = try x.reshaped([rows * columns]).argSort().ints()
    #expect(zip(order, order.dropFirst()).allSatisfy { values[$0] <= values[$1] })
  }
}
