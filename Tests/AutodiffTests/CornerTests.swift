import Autodiff
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
}
