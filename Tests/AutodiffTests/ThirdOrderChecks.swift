import Autodiff
import Testing

@testable import Tensor

@Suite("Third derivatives of every primitive in f64, against differences of the second")
struct ThirdOrderChecks {
  /// The derivative of a function along a direction, in forward mode.
  private func along(
    _ v: [Tensor], _ f: @escaping ([Tensor]) throws -> Tensor
  ) -> ([Tensor]) throws -> Tensor {
    { x in try jvp(at: x, along: v) { [try f($0)] }.tangents[0] }
  }

  /// The same in reverse mode: the product of the gradient with the direction.
  private func against(
    _ v: [Tensor], _ f: @escaping ([Tensor]) throws -> Tensor
  ) -> ([Tensor]) throws -> Tensor {
    { x in
      let gradients = try valueAndGrad(at: x, f).gradients
      return try zip(gradients, v).reduce(Tensor.scalar(0, dtype: .f64)) { try $0 + ($1.0 * $1.1).sum() }
    }
  }

  @Test(
    "three nested forward modes, three nested reverse modes, and one inside two", arguments: PrimitiveCase.all
  )
  func third(_ row: PrimitiveCase) throws {
    let x = try row.inputs()
    let (u, v, w) = try (
      directions(like: x, seed: 8), directions(like: x, seed: 9), directions(like: x, seed: 10)
    )
    // Through a cube, so that an operation that is linear in its inputs has a third derivative too.
    let f: ([Tensor]) throws -> Tensor = { inputs in
      let y = try row.scalar(inputs) * 0.1
      return try y * y * y
    }
    let second = along(v, along(u, f))
    let expected = try difference(step: 1e-3) { try second(moved(x, along: w, by: $0)).item() }
    let forward = try along(w, second)(x).item()
    expectClose(forward, expected, tolerance: 1e-6, "forward three times")
    // The compositions are the same number, up to rounding.
    expectClose(
      try against(w, against(v, against(u, f)))(x).item(), forward, tolerance: 1e-9, "reverse three times")
    expectClose(try against(w, along(v, against(u, f)))(x).item(), forward, tolerance: 1e-9, "mixed")
  }
}
