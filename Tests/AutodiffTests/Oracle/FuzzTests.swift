import Autodiff
import Testing

@testable import Tensor

/// Random operands and attributes for any operation of the table; most combinations are wrong.
private struct Fuzz {
  var stream: RandomStream

  mutating func int(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + stream.int(below: range.count)
  }

  mutating func shape() throws -> Shape {
    try Shape((0..<int(0...4)).map { _ in [0, 1, 1, 2, 2, 3][int(0...5)] })
  }

  /// A view of a small tensor and a contiguous copy of it, of the given shape or of one near a random one.
  mutating func operand(_ fixed: Shape?) throws -> (view: Tensor, copy: Tensor) {
    let shape = try fixed ?? shape()
    let rank = shape.rank
    let dtype = DType.allCases[[0, 1, 1, 2, 3, 3, 3][int(0...6)]]
    let special: [Double] =
      dtype.isFloating ? [.nan, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude] : [0, 1]
    let values = (0..<(shape.elementCount * 2)).map { _ in
      int(0...9) == 0
        ? special[int(0...(special.count - 1))] : Double(int(-8...8)) / (dtype.isFloating ? 2 : 1)
    }
    var x = try Tensor(values, shape: Shape(Array(shape) + [2])).cast(to: dtype)
    // The last axis has two elements of which one is taken: gaps and offsets.
    x = try x.narrowed(axis: rank, start: int(0...1), count: 1).squeezed([rank])
    if rank > 0, int(0...1) == 0 { x = try x.flipped([int(0...(rank - 1))]) }
    if rank > 1, fixed.map({ $0[rank - 1] == $0[rank - 2] }) ?? (int(0...1) == 0) { x = try x.transposed() }
    if fixed == nil, int(0...3) == 0 { x = try x.expanded(to: Shape([2] + Array(x.shape))) }
    return (x, try Tensor(x.doubles(), shape: x.shape).cast(to: x.dtype))
  }

  mutating func attributes() -> RecordedCase.Attributes {
    var lists: [String: [Double]] = [:]
    func list(_ name: String, _ count: Int, _ range: ClosedRange<Int>) {
      lists[name] = (0..<count).map { _ in Double(int(range)) }
    }
    if int(0...3) > 0 { list("axes", int(0...2), -3...3) }
    list("axis", 1, -3...3)
    list("keep", 1, 0...1)
    list("shape", int(0...4), -1...4)
    list("order", int(0...4), -2...3)
    list("range", 3, -2...3)
    list("pads", 2 * int(0...4), -1...2)
    list("sizes", int(0...3), -1...3)
    list("number", 1, -3...3)
    list("numbers", 3, -5...5)
    list("bounds", 2, -2...2)
    list("ddof", 1, -1...3)
    list("epsilon", 1, 0...1)
    list("to", 1, 0...3)
    lists["piece"] = [0]
    for name in ["offset", "shift", "count", "groups"] { list(name, 1, -2...3) }
    for name in ["stride", "dilation", "kernel", "extra", "padding", "size", "pair"] { list(name, 2, -1...3) }
    list("reduction", 1, 0...2)
    list("smoothing", 1, 0...1)
    list("flags", 3, 0...1)
    for name in ["flag", "border"] { list(name, 1, 0...1) }
    list("counts", int(0...3), -1...3)
    let equations = [
      "ij->ji", "i,i,i->i", "...,...,...->...", "ij,jk,kl->il", "i,j,k->", "ij,ij,ij", "ii,i,->", "->", "é",
    ]
    lists["equation"] = equations[int(0...(equations.count - 1))].utf8.map { Double($0) }
    return RecordedCase.Attributes(lists: lists)
  }
}

@Suite("Random calls: nothing traps, errors are typed, and a view gives the bits of its copy")
struct FuzzTests {
  /// Slices are checked by their callers; these lists have as many of them as the operand has axes.
  static let operations = OracleTable.all.keys.filter { $0 != "slice" }.sorted()

  /// Operations whose shapes must fit so well that random ones do not: errors are all there is to see here.
  static let particular: Set = [
    "batchNorm", "conv1d", "cosineEmbedding", "conv2d", "convTranspose2d", "fold", "groupNorm",
    "instanceNorm",
  ]

  @Test(arguments: operations)
  func random(_ operation: String) throws {
    let call = try #require(OracleTable.all[operation])
    var fuzz = Fuzz(stream: RandomStream(seed: 77))
    var successes = 0
    for trial in 0..<600 {
      let shape = fuzz.int(0...2) == 0 ? try fuzz.shape() : nil
      let operands = try (0..<3).map { _ in try fuzz.operand(shape) }
      let attributes = fuzz.attributes()
      let result = try outcome { try call(operands.map(\.view), attributes) }
      let copied = try outcome { try call(operands.map(\.copy), attributes) }
      #expect(
        result == copied,
        "trial \(trial) of \(operands.map { "\($0.view.dtype) \($0.view.shape)" }), \(attributes.lists)")
      if case .value = result { successes += 1 }
      guard operands.allSatisfy({ $0.view.dtype.isFloating }), case .value = result else { continue }
      let value = try call(operands.map(\.view), attributes)
      guard value.dtype.isFloating, operation != "product" else { continue }
      // A singular matrix may have a value and no derivative.
      let gradients = try outcome(of: operands.map(\.view)) { x in
        try vjp(at: x) { [try call($0, attributes)] }.pullback([.ones(value.shape, dtype: value.dtype)])
      }
      for (gradient, operand) in zip(gradients, operands) {
        #expect(gradient.shape == operand.view.shape && gradient.dtype == operand.view.dtype)
      }
    }
    #expect(successes > 0 || FuzzTests.particular.contains(operation))
  }

  private enum Outcome: Equatable {
    case value(DType, Shape, [UInt64])
    case failure(TensorError.Kind, String)
  }

  private func outcome(
    of x: [Tensor], _ derivatives: ([Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    do {
      return try derivatives(x)
    } catch let error as TensorError {
      #expect([.arithmetic, .notDifferentiable].contains(error.kind) && !error.message.isEmpty)
      return []
    }
  }

  private func outcome(_ call: () throws -> Tensor) throws -> Outcome {
    do {
      let result = try call()
      // Every NaN is one NaN.
      let bits = try result.doubles().map { $0.isNaN ? UInt64.max : $0.bitPattern }
      return .value(result.dtype, result.shape, bits)
    } catch let error as TensorError {
      #expect(!error.operation.isEmpty && !error.message.isEmpty)
      return .failure(error.kind, error.description)
    }
  }
}
