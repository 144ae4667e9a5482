import Autodiff
import Testing

@testable import Tensor

/// Every primitive's samples, as rows of one table.
struct PrimitiveCase: CustomTestStringConvertible, Sendable {
  let name: String
  let index: Int
  let sample: Primitive.Sample

  var testDescription: String { "\(name) #\(index)" }

  static let all: [PrimitiveCase] = Primitive.all.flatMap { primitive in
    primitive.samples.enumerated().map {
      PrimitiveCase(name: primitive.name, index: $0.offset, sample: $0.element)
    }
  }

  /// f64 inputs inside the sample's domains.
  func inputs() throws -> [Tensor] {
    var stream = RandomStream(seed: 11, stream: UInt64(index))
    return try sample.inputs.map { shape, domain in
      let count = shape.elementCount
      let values: [Double]
      switch domain {
      case .real: values = (0..<count).map { _ in stream.uniform() * 4 - 2 }
      case .small: values = (0..<count).map { _ in stream.uniform() * 2 - 1 }
      case .positive: values = (0..<count).map { _ in stream.uniform() * 2 + 0.5 }
      case .awayFromZero:
        values = (0..<count).map { _ in (stream.uniform() * 1.7 + 0.3) * (stream.uniform() < 0.5 ? -1 : 1) }
      case .distinct: values = stream.permutation(count).map { Double($0) * 0.37 - 0.81 }
      }
      return try Tensor(values, shape: shape)
    }
  }

  /// One number that depends on every element of the result with a different weight.
  func scalar(_ inputs: [Tensor]) throws -> Tensor {
    let result = try sample.call(inputs)
    let weights = try Tensor((0..<result.count).map { 0.3 + 0.7 * Double($0 % 7) }, shape: result.shape)
    return try (result * weights).sum()
  }
}

/// Directions with the shapes of `tensors`, fixed by the seed.
func directions(like tensors: [Tensor], seed: UInt64) throws -> [Tensor] {
  var stream = RandomStream(seed: seed)
  return try tensors.map { try stream.normals($0.shape, dtype: .f64) }
}

func dot(_ a: [Tensor], _ b: [Tensor]) throws -> Double {
  try zip(a, b).reduce(0) { try $0 + ($1.0 * $1.1).sum().item() }
}

func moved(_ x: [Tensor], along v: [Tensor], by step: Double) throws -> [Tensor] {
  try zip(x, v).map { try $0 + $1 * step }
}

/// A central difference of fourth order in the step.
func difference(step: Double, _ f: (Double) throws -> Double) throws -> Double {
  try (8 * (f(step) - f(-step)) - (f(2 * step) - f(-2 * step))) / (12 * step)
}

func expectClose(
  _ value: Double, _ reference: Double, tolerance: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let scale = max(1, abs(reference))
  #expect(
    abs(value - reference) <= tolerance * scale, "\(what): \(value) for \(reference)",
    sourceLocation: sourceLocation)
}

@Suite("Gradient checks of every primitive in f64")
struct PrimitiveChecks {
  @Test("reverse mode, order 1, against finite differences", arguments: PrimitiveCase.all)
  func reverse(_ row: PrimitiveCase) throws {
    let x = try row.inputs()
    let v = try directions(like: x, seed: 3)
    let gradients = try valueAndGrad(at: x, row.scalar).gradients
    let expected = try difference(step: 1e-3) { try row.scalar(moved(x, along: v, by: $0)).item() }
    expectClose(try dot(gradients, v), expected, tolerance: 1e-8, "gradient · v")
  }

  @Test("forward mode, order 1, against finite differences", arguments: PrimitiveCase.all)
  func forward(_ row: PrimitiveCase) throws {
    let x = try row.inputs()
    let v = try directions(like: x, seed: 4)
    let tangent = try jvp(at: x, along: v) { [try row.scalar($0)] }.tangents[0].item()
    let expected = try difference(step: 1e-3) { try row.scalar(moved(x, along: v, by: $0)).item() }
    expectClose(tangent, expected, tolerance: 1e-8, "tangent")
  }

  @Test(
    "order 2 in all three compositions, against finite differences of the gradient",
    arguments: PrimitiveCase.all)
  func second(_ row: PrimitiveCase) throws {
    let x = try row.inputs()
    let v = try directions(like: x, seed: 5)
    let u = try directions(like: x, seed: 6)
    // Through a cube, so that an operation that is linear in its inputs has a second derivative too.
    let f: ([Tensor]) throws -> Tensor = { inputs in
      let y = try row.scalar(inputs)
      return try y * y * y * 0.1
    }
    let expected = try difference(step: 1e-3) { step in
      try dot(valueAndGrad(at: moved(x, along: v, by: step), f).gradients, u)
    }
    for mode in HVPMode.allCases {
      expectClose(try dot(hvp(at: x, along: v, mode: mode, f), u), expected, tolerance: 1e-7, "u·Hv \(mode)")
    }
  }

  @Test("a batch that is not contiguous gives the same derivatives", arguments: PrimitiveCase.all)
  func views(_ row: PrimitiveCase) throws {
    let x = try row.inputs()
    let v = try directions(like: x, seed: 7)
    let flat = try dot(valueAndGrad(at: x, row.scalar).gradients, v)
    let strided = try x.map { try $0.flipped().transposed().contiguous(in: "test").transposed().flipped() }
    expectClose(
      try dot(valueAndGrad(at: strided, row.scalar).gradients, v), flat, tolerance: 1e-12, "gradient · v")
  }
}
