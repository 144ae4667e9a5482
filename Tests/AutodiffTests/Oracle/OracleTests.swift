import Autodiff
import Testing

@testable import Tensor

/// Where and by how much a case differs from what was recorded.
private struct Difference: Error {
  let text: String
}

@Suite("Values, shapes, dtypes and derivatives against PyTorch and NumPy")
struct OracleTests {
  static let operations = OracleTable.all.keys.sorted()

  @Test("at least 2,000 cases; every operation has some and every recorded one is called")
  func coverage() {
    #expect(RecordedCase.all.values.reduce(0) { $0 + $1.count } >= 2000)
    #expect(Set(RecordedCase.all.keys) == Set(OracleTests.operations))
  }

  @Test("as recorded, in the recorded dtypes", arguments: operations)
  func asRecorded(_ operation: String) throws {
    try forEachCase(of: operation) { row, call in
      let operands = try row.operands.map { try $0.tensor() }
      let dtype = try row.result.dtype()
      try compare(call(operands, row.attributes), row, dtype: dtype)
      if row.cotangent != nil { try compareDerivatives(call, row, operands, dtype: dtype) }
      if !row.secondGradients.isEmpty { try compareSecondDerivatives(call, row, operands) }
    }
  }

  @Test("the same with f32 for f64", arguments: operations)
  func inSinglePrecision(_ operation: String) throws {
    try forEachCase(of: operation) { row, call in
      guard !row.isWide, row.operands.contains(where: { $0.t == "f64" }) else { return }
      let operands = try row.operands.map { try $0.tensor() }.map {
        $0.dtype == .f64 ? try $0.cast(to: .f32) : $0
      }
      let recorded = try row.result.dtype()
      let dtype = recorded == .f64 ? .f32 : recorded
      try compare(call(operands, row.attributes), row, dtype: dtype)
      if row.cotangent != nil { try compareDerivatives(call, row, operands, dtype: dtype) }
    }
  }

  /// Every failing case is an issue of its own, named by its operands.
  private func forEachCase(
    of operation: String, _ body: (RecordedCase, @escaping OracleTable.Call) throws -> Void
  ) throws {
    let call = try #require(OracleTable.all[operation])
    for row in RecordedCase.all[operation] ?? [] {
      do {
        try body(row, call)
      } catch let difference as Difference {
        Issue.record("\(row): \(difference.text)")
      } catch {
        Issue.record("\(row): \(error)")
      }
    }
  }

  private func compare(_ value: Tensor, _ row: RecordedCase, dtype: DType) throws {
    guard Array(value.shape) == row.result.s, value.dtype == dtype else {
      throw Difference(
        text: "gives \(value.dtype) \(value.shape), recorded \(row.result.t) \(row.result.s)")
    }
    let reference = try numbers(row.result.d, shape: value.shape)
    if row.isExact {
      let (bits, expected) = try (value.doubles(), reference.cast(to: dtype).doubles())
      for (x, y) in zip(bits, expected) where x.bitPattern != y.bitPattern && !(x.isNaN && y.isNaN) {
        throw Difference(text: "gives \(x) for \(y)")
      }
    } else {
      try expectClose(value, reference.cast(to: dtype), "", relative: dtype == .f32 ? 2e-5 : 4e-13)
    }
  }

  /// Reverse mode against the record, and forward mode against reverse mode: <J u, c> = <u, Jᵀ c>.
  private func compareDerivatives(
    _ call: @escaping OracleTable.Call, _ row: RecordedCase, _ operands: [Tensor], dtype: DType
  ) throws {
    let c = try numbers(row.cotangent ?? "", shape: Shape(row.result.s)).cast(to: dtype)
    let x = row.variables.map { operands[$0] }
    let (outputs, pullback) = try vjp(at: x) {
      [try call(substituting($0, in: row, operands), row.attributes)]
    }
    guard try bits(outputs) == bits([call(operands, row.attributes)]) else {
      throw Difference(text: "gives other bits when recorded")
    }
    let gradients = try pullback([c])
    for (gradient, index) in zip(gradients, row.variables) {
      let operand = operands[index]
      guard gradient.shape == operand.shape, gradient.dtype == operand.dtype else {
        throw Difference(text: "gradient \(index) is \(gradient.dtype) \(gradient.shape)")
      }
      let single = operand.dtype == .f32 || dtype == .f32
      try expectClose(
        gradient, numbers(row.gradients[index] ?? "", shape: operand.shape), "gradient \(index) ",
        relative: single ? 1e-4 : 1e-12)
    }
    if row.result.d.contains("nan") { return }  // the mean of nothing
    let u = try AutodiffTests.directions(like: x, seed: 5).enumerated().map { try $1.cast(to: x[$0].dtype) }
    let tangent = try jvp(at: x, along: u) { [try call(substituting($0, in: row, operands), row.attributes)] }
      .tangents[0]
    guard tangent.shape == c.shape, tangent.dtype == dtype else {
      throw Difference(text: "tangent is \(tangent.dtype) \(tangent.shape)")
    }
    let (forward, reverse) = try (dot([tangent], [c]), dot(u, gradients))
    let tolerance = dtype == .f32 || x.contains { $0.dtype == .f32 } ? 1e-3 : 1e-11
    guard forward == reverse || abs(forward - reverse) <= tolerance * max(1, abs(reverse)) else {
      throw Difference(text: "<J u, c> is \(forward), <u, Jᵀ c> is \(reverse)")
    }
  }

  /// The gradient of <Jᵀ c, u> by the operands against the record; by c it is J u, which forward mode gives.
  private func compareSecondDerivatives(
    _ call: @escaping OracleTable.Call, _ row: RecordedCase, _ operands: [Tensor]
  ) throws {
    let c = try numbers(row.cotangent ?? "", shape: Shape(row.result.s))
    let variables = row.variables
    let x = variables.map { operands[$0] }
    let u = try variables.map { try numbers(row.directions[$0] ?? "", shape: operands[$0].shape) }
    let f: ([Tensor]) throws -> [Tensor] = {
      [try call(substituting($0, in: row, operands), row.attributes)]
    }
    let h = try valueAndGrad(at: x + [c]) { point in
      try productWithDirection(f, Array(point.dropLast()), point[x.count], u)
    }.gradients
    for (position, index) in variables.enumerated() {
      try expectClose(
        h[position], numbers(row.secondGradients[index] ?? "", shape: operands[index].shape),
        "second gradient \(index) ", relative: 4e-11)
    }
    let forward = try jvp(at: x, along: u, f).tangents[0]
    try expectClose(h[x.count], forward, "gradient by the cotangent ", relative: 1e-12)
  }

  private func expectClose(_ value: Tensor, _ reference: Tensor, _ what: String, relative: Double) throws {
    let (values, references) = try (value.doubles(), reference.doubles())
    // Derivatives are sums, whose rounding is relative to the largest term.
    let largest = what.isEmpty ? 0 : references.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
    for (position, (x, y)) in zip(values, references).enumerated() {
      if x == y || (x.isNaN && y.isNaN) { continue }
      guard y.isFinite, abs(x - y) <= relative * max(1, abs(y), largest) else {
        throw Difference(text: "\(what)element \(position) is \(x), recorded \(y)")
      }
    }
  }

  @Test("sweeps repeat to the bit and write to nothing they were given", arguments: operations)
  func sharedCotangents(_ operation: String) throws {
    try forEachCase(of: operation) { row, call in
      guard row.cotangent != nil else { return }
      let operands = try row.operands.map { try $0.tensor() }
      let x = row.variables.map { operands[$0] }
      let c = try numbers(row.cotangent ?? "", shape: Shape(row.result.s)).cast(to: row.result.dtype())
      let before = try bits(operands + [c])
      // One value in several places, so that its cotangents, all of them `c`, are added up.
      let (_, pullback) = try vjp(at: x) { x in
        let y = try call(substituting(x, in: row, operands), row.attributes)
        return try [y, y + y, y, y.reshaped(y.shape)]
      }
      let first = try pullback([c, c, c, c])
      let kept = try bits(first)
      let second = try pullback([c, c, c, c])
      guard try bits(first) == kept, try bits(second) == kept else {
        throw Difference(text: "a second sweep gives other bits")
      }
      guard try bits(operands + [c]) == before else { throw Difference(text: "a sweep changed its inputs") }
      let once = try vjp(at: x) { [try call(substituting($0, in: row, operands), row.attributes)] }
        .pullback([c])
      for (five, one) in zip(first, once) {
        try expectClose(
          five, one * 5, "five times the gradient ", relative: min(one.dtype, c.dtype) == .f32 ? 1e-5 : 1e-13)
      }
    }
  }

  @Test("every primitive is reached, in a value or in a derivative of one")
  func primitives() throws {
    var reached: Set<String> = []
    for (operation, rows) in RecordedCase.all {
      let call = try #require(OracleTable.all[operation])
      for row in rows where row.cotangent != nil {
        let operands = try row.operands.map { try $0.tensor() }
        let x = row.variables.map { operands[$0] }
        let c = try numbers(row.cotangent ?? "", shape: Shape(row.result.s)).cast(to: row.result.dtype())
        let u = try AutodiffTests.directions(like: x, seed: 5).enumerated().map {
          try $1.cast(to: x[$0].dtype)
        }
        _ = try valueAndGrad(at: x + [c]) { point in
          let f: ([Tensor]) throws -> [Tensor] = {
            let y = try call(substituting($0, in: row, operands), row.attributes)
            collectNames(from: y.node, into: &reached)
            return [y]
          }
          let s = try productWithDirection(f, Array(point.dropLast()), point[x.count], u)
          collectNames(from: s.node, into: &reached)
          return s
        }
      }
    }
    // What has derivative 0 everywhere is not recorded: its row in the table is the evidence.
    reached.formUnion(
      ["sign", "floor", "ceil", "round", "trunc", "floorDivide"].filter { OracleTable.all[$0] != nil })
    // Checked against differences and against their plain compositions, which have rows here.
    reached.formUnion(["linear", "selfAttention", "checkpoint"])
    // Kernels of second derivatives, likewise.
    reached.formUnion(["selfAttentionAlong", "selfAttentionAgainst", "normalizeCurve"])
    // In single precision alone, where rows take their derivatives in double: held to the composition by its own tests.
    reached.insert("geluCurve")
    // Recorded elsewhere, against mpmath: PyTorch's own has fewer digits.
    reached.insert("polygamma")
    // Where values coincide alone, which no row has: `CoincidenceTests`.
    reached.insert("settled")
    let missing = Set(Primitive.all.map(\.name)).subtracting(reached)
    #expect(missing.isEmpty)
  }
}

private func bits(_ tensors: [Tensor]) throws -> [[UInt64]] {
  try tensors.map { try $0.doubles().map { $0.isNaN ? .max : $0.bitPattern } }
}

/// The operands with the differentiable ones replaced.
private func substituting(_ variables: [Tensor], in row: RecordedCase, _ operands: [Tensor]) -> [Tensor] {
  var result = operands
  for (variable, index) in zip(variables, row.variables) { result[index] = variable }
  return result
}

/// <Jᵀ c, u>
private func productWithDirection(
  _ f: ([Tensor]) throws -> [Tensor], _ x: [Tensor], _ c: Tensor, _ u: [Tensor]
) throws -> Tensor {
  let gradients = try vjp(at: x, f).pullback([c])
  return try zip(gradients, u).reduce(Tensor.scalar(0, dtype: .f64)) { try $0 + ($1.0 * $1.1).sum() }
}

/// The names of the primitives that made a value.
private func collectNames(from node: Node?, into names: inout Set<String>) {
  var pending = node.map { [$0] } ?? []
  var seen: Set<Int> = []
  while let node = pending.popLast() {
    guard seen.insert(node.id).inserted else { continue }
    names.insert(node.name)
    for index in 0..<node.inputCount { node.input(index).map { pending.append($0) } }
  }
}
