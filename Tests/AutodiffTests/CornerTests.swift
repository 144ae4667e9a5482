import Autodiff
import Foundation
import Testing

@testable import Tensor

@Suite("Derivatives where a factor has no limit")
struct CornerTests {
  @Test("sqrt of a square, and a length, have a finite derivative at 0")
  func root() throws {
    let zero = try Tensor.scalar(0, dtype: .f64)
    let f: (Tensor) throws -> Tensor = { try ($0 * $0).sqrt() }
    #expect(try grad(f)(zero).item() == 0)
    #expect(try grad(grad(f))(zero).item().isFinite)
    let length = try grad { try $0.norm() }(.zeros([3], dtype: .f64))
    #expect(try length.doubles() == [0, 0, 0])
    #expect(try grad(f)(Tensor.scalar(-2, dtype: .f64)).item() == -1)
  }

  @Test("Adam's step from zero moments has the derivative rate / ε")
  func adam() throws {
    let slope = try grad { g in
      let m = try g * 0.1
      let v = try g.square() * 0.001
      return try m / 0.1 * 0.01 / ((v / 0.001).sqrt() + 1e-8)
    }(.scalar(0, dtype: .f64))
    #expect(abs(try slope.item() / 1e6 - 1) < 1e-12)
  }

  @Test(
    "powers between 0 and 1 have at 0 the slope of sqrt, at every order and inside a chain",
    arguments: [0.5, 0.3, 1.5])
  func roots(_ p: Double) throws {
    let x = try Tensor([0.0, 4], shape: [2])
    let slope = try grad { try $0.power(p).sum() }(x).doubles()
    #expect(slope[0] == 0 && abs(slope[1] - p * pow(4, p - 1)) < 1e-15)
    let chained = try grad { try $0.square().power(p).sum() }(x).doubles()
    #expect(chained[0] == 0 && abs(chained[1] - 2 * p * pow(4, 2 * p - 1)) < 1e-12)
    for mode in HVPMode.allCases {
      let bent = try hvp(at: x, along: .ones([2], dtype: .f64), mode: mode) { try $0.power(p).sum() }
      #expect(try bent.doubles()[0] == 0 && abs(bent.doubles()[1] - p * (p - 1) * pow(4, p - 2)) < 1e-15)
    }
    // Exponents that are a tensor, and by the exponent: its limits at the base 0.
    let exponents = try Tensor([p, p])
    #expect(try grad { try $0.power(exponents).sum() }(x).doubles() == slope)
    let byExponent = try grad { try x.power($0).sum() }(exponents).doubles()
    #expect(byExponent[0] == 0 && abs(byExponent[1] - pow(4, p) * log(4)) < 1e-14)
    #expect(try grad { try Tensor([0.0]).power($0).sum() }(Tensor([-1.0])).item() == -.infinity)
  }

  @Test(
    "a sampling position that is NaN gives NaN with its derivative, and nothing else does",
    arguments: SamplePadding.allCases)
  func nowhere(_ padding: SamplePadding) throws {
    let image = try Tensor([1.0, 2, 3, 4], shape: [1, 1, 2, 2])
    let grid = try Tensor([.nan, 0.1, 0.1, .nan, 0.1, 0.2, .infinity, 0], shape: [1, 1, 4, 2])
    for alignCorners in [false, true] {
      let f: ([Tensor]) throws -> Tensor = {
        try $0[0].gridSample($0[1], padding: padding, alignCorners: alignCorners)
      }
      #expect(try f([image, grid]).isNaN().bools() == [true, true, false, false])
      let (_, gradients) = try valueAndGrad(at: [image, grid]) { try f($0).sum() }
      #expect(
        try gradients[1].isNaN().bools() == [true, true, true, true, false, false, false, false])
      #expect(try gradients[0].isNaN().any().item() == 0)
    }
  }
}
