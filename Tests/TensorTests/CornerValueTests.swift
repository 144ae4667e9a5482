import Glibc
import Testing

@testable import Tensor

@Suite("Values at zeros, poles and the ends of the range")
struct CornerValueTests {
  /// a, b, a // b and a % b as Python has them: a remainder has the sign of the divisor, also when it is 0.
  static let divisions: [(Double, Double, Double, Double)] = [
    (-0.0, 0.5, -0.0, 0.0), (0.0, -1, -0.0, -0.0), (-0.5, 0.5, -1, 0.0), (0.5, -0.5, -1, -0.0),
    (-0.0, -1, 0.0, -0.0), (-745.5, -1e308, 0.0, -745.5), (3, 2, 1, 1), (-3, 2, -2, 1), (7.5, -2, -4, -0.5),
  ]

  @Test(arguments: divisions, [DType.f32, .f64])
  func division(_ row: (Double, Double, Double, Double), _ dtype: DType) throws {
    guard dtype == .f64 || abs(row.1) < 1e38 else { return }
    let (a, b) = (try Tensor.scalar(row.0, dtype: dtype), try Tensor.scalar(row.1, dtype: dtype))
    let (quotient, remainder) = (try a.floorDivided(by: b).item(), try a.remainder(by: b).item())
    #expect(quotient == row.2 && quotient.sign == row.2.sign, "\(row.0) // \(row.1) = \(quotient)")
    #expect(remainder == row.3 && remainder.sign == row.3.sign, "\(row.0) % \(row.1) = \(remainder)")
  }

  @Test("odd functions keep the sign of 0")
  func zeros() throws {
    for dtype in [DType.f32, .f64] {
      let zero = try Tensor.scalar(-0.0, dtype: dtype)
      for value in [try zero.tanh(), try zero.atanh(), try zero.asinh(), try zero.sin(), try zero.erf()] {
        #expect(try value.item() == 0 && value.item().sign == .minus)
      }
    }
  }

  @Test("inverse hyperbolic functions against the C library, near their ends and for the largest numbers")
  func inverseHyperbolic() throws {
    for x in [1, 1 + 1e-12, 1.5, 1e8, 1e200, 1.7e308] {
      let value = try Tensor.scalar(x, dtype: .f64).acosh().item()
      #expect(abs(value - Glibc.acosh(x)) <= 1e-15 * Glibc.acosh(x), "acosh \(x)")
    }
    #expect(try abs(Tensor.scalar(3e38).acosh().item() / Glibc.acosh(3e38) - 1) < 1e-6)
    #expect(try Tensor.scalar(0.9, dtype: .f64).acosh().item().isNaN)
    for x in [-1 + 1e-12, -0.999, -1e-9, 1e-300, 0.5, 1 - 1e-12] {
      let value = try Tensor.scalar(x, dtype: .f64).atanh().item()
      #expect(abs(value - Glibc.atanh(x)) <= 4e-16 * abs(Glibc.atanh(x)), "atanh \(x)")
    }
    #expect(try Tensor.scalar(-1).atanh().item() == -.infinity)
  }

  @Test("digamma below 0: its recurrence, far out too, and no value at the poles")
  func digamma() throws {
    for x in [-0.25, -3.75, -1500.5, -1e-20] {
      let pair = try Tensor([x, x + 1]).digamma().doubles()
      #expect(abs(pair[1] - pair[0] - 1 / x) <= 1e-13 * max(10, abs(1 / x)), "\(x)")
    }
    #expect(try Tensor([-1.0, -7]).digamma().doubles().allSatisfy(\.isNaN))
  }
}
