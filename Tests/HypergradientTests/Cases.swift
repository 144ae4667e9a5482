import Foundation
import Hypergradient
import Tensor
import Testing

/// One reference case of `Fixtures/hypergradient_cases.json`, its inputs and expected numbers.
struct Case {
  let inputs: JSON, expected: JSON
  let tolerance: Double

  static func named(_ id: String) throws -> Case {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/hypergradient_cases.json")
    let root = JSON(try JSONSerialization.jsonObject(with: Data(contentsOf: file)))
    let found = try #require(root["cases"].list.first { $0["id"].string == id }, "no case \(id)")
    return Case(
      inputs: found["inputs"], expected: found["expected"], tolerance: try found["rel_tol"].number)
  }

  /// max|got - want| <= tolerance · max(max|want|, 1e-3), as the file defines it.
  func expect(
    _ got: [Double], _ want: [Double], _ what: String, tolerance: Double? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(got.count == want.count, "\(what)", sourceLocation: sourceLocation)
    #expect(
      isClose(got, want, tolerance: tolerance), "\(what): \(got) for \(want)", sourceLocation: sourceLocation)
  }

  /// Every vector and number that the case expects.
  var recorded: [[Double]] {
    func vectors(_ value: Any) -> [[Double]] {
      switch value {
      case let number as NSNumber: [[number.doubleValue]]
      case let record as [String: Any]: record.values.flatMap(vectors)
      case let list as [Any]:
        list.allSatisfy { $0 is NSNumber }
          ? [list.compactMap { ($0 as? NSNumber)?.doubleValue }] : list.flatMap(vectors)
      default: []
      }
    }
    return vectors(expected.value)
  }

  func isClose(_ got: [Double], _ want: [Double], tolerance: Double? = nil) -> Bool {
    let scale = max(want.map(abs).max() ?? 0, 1e-3)
    return got.count == want.count
      && zip(got, want).allSatisfy { abs($0 - $1) <= (tolerance ?? self.tolerance) * scale }
  }
}

/// A JSON value, read as what the test knows it to be.
struct JSON {
  let value: Any

  init(_ value: Any) { self.value = value }

  subscript(key: String) -> JSON { JSON((value as? [String: Any])?[key] ?? NSNull()) }
  var list: [JSON] { (value as? [Any] ?? []).map(JSON.init) }
  var string: String { value as? String ?? "" }
  var number: Double { get throws { try #require((value as? NSNumber)?.doubleValue) } }
  var numbers: [Double] { get throws { try list.map { try $0.number } } }
  /// A vector or matrix in f64.
  var tensor: Tensor {
    get throws {
      let rows = list
      guard let first = rows.first, first.value is [Any] else {
        return try Tensor(rows.isEmpty ? [number] : numbers, shape: rows.isEmpty ? [] : nil)
      }
      return try Tensor.stacked(rows.map { try $0.tensor })
    }
  }
}

extension [Tensor] {
  var numbers: [Double] { get throws { try flatMap { try $0.doubles() } } }
}

func scalar(_ value: Double) throws -> Tensor { try .scalar(value, dtype: .f64) }
func vector(_ values: [Double]) throws -> Tensor { try Tensor(values) }
func dot(_ a: Tensor, _ b: Tensor) throws -> Tensor { try (a * b).sum() }
func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
func minus(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }

/// g = 0.5 θ'Hθ + θ'Cλ with f = b'θ: whatever θ is, the linear system is H q = b and the mixed derivative C.
func linearProblem(h: Tensor, c: Tensor, b: Tensor) -> BilevelProblem {
  BilevelProblem(
    inner: { theta, lambda in
      try dot(theta[0], h.matmul(theta[0])) * 0.5 + dot(theta[0], c.matmul(lambda[0]))
    },
    outer: { theta, _ in try dot(b, theta[0]) })
}

func diagonal(_ values: [Double]) throws -> Tensor {
  try Tensor.eye(values.count, dtype: .f64) * Tensor(values)
}

/// The logistic problem of cases 14 to 19: λ are sample weights.
struct Logistic {
  let x: Tensor, y: Tensor, xv: Tensor, yv: Tensor

  init() throws {
    let inputs = try Case.named("14_logistic_reweight_ift").inputs
    x = try inputs["X"].tensor
    y = try inputs["y"].tensor
    xv = try inputs["Xv"].tensor
    yv = try inputs["yv"].tensor
  }

  func losses(_ theta: Tensor) throws -> Tensor { try (-(x.matmul(theta) * y)).softplus() }
  func validation(_ theta: Tensor) throws -> Tensor { try (-(xv.matmul(theta) * yv)).softplus().mean() }

  func problem(mu: Double) -> BilevelProblem {
    BilevelProblem(
      inner: { try dot($1[0], losses($0[0])) + dot($0[0], $0[0]) * (0.5 * mu) },
      outer: { theta, _ in try validation(theta[0]) }, thetaNames: ["weights"], lambdaNames: ["samples"])
  }
}
