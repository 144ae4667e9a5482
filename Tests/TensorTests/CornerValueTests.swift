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

  /// Order, argument and value by mpmath with 60 digits.
  static let polygamma: [(Int, Double, Double)] = [
    (1, -1000.5, 9.8686054001734414), (1, -2000.25, 19.738708989618836), (1, -0.3, 13.945160267805722),
    (1, -1e-3, 1000001.6473414317), (2, -1000.5, -9.9800274700264396e-7), (2, -2000.25, 124.02510647138669),
    (2, -3.7, -68.893454688673547), (2, -0.5, -0.82879664423432), (5, -1000.5, 15382.227097204871),
    (5, -2000.25, 492231.26711055587), (5, -7.5, 15382.226379006376), (20, -2000.25, 1.0700016187896298e31),
    (20, -3.7, -2.3258315617067719e29), (20, -0.5, -487772949462609.87), (20, 0.7, -4.3557784316220093e21),
  ]

  @Test("polygamma below 0 by reflection, however far", arguments: polygamma)
  func polygammaBelowZero(_ row: (Int, Double, Double)) throws {
    let value = try Tensor.scalar(row.1, dtype: .f64).polygamma(row.0).item()
    // Between poles the argument itself has few digits of its distance to them.
    #expect(abs(value / row.2 - 1) < 1e-12 * max(1, abs(row.1)) * Double(row.0), "\(value)")
  }

  @Test("polygamma at its poles: +inf from both sides for odd orders, no value for even ones")
  func poles() throws {
    #expect(try Tensor([-1.0, -2000, -1e300]).polygamma(1).doubles().allSatisfy { $0 == Double.infinity })
    #expect(try Tensor([-1.0, -2000]).polygamma(2).doubles().allSatisfy(\.isNaN))
    #expect(try Tensor([-Double.infinity, .nan]).polygamma(1).doubles().allSatisfy(\.isNaN))
  }
}
