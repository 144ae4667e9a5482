import Autodiff
import Tensor

/// Work so small that only the overhead of a call counts.
var smallRows: [Row] {
  [
    operation("small/add-8x8") {
      let (a, b) = (try normal([8, 8]), try normal([8, 8]))
      return { _ = try a + b }
    },
    Row(name: "small/add-8x8-recorded") { budget in
      let (a, b) = (try normal([8, 8]), try normal([8, 8]))
      var time = 0.0
      _ = try vjp(at: [a]) { leaves in
        time = try budget.median { for _ in 0..<$0 { _ = try leaves[0] + b } }
        return leaves
      }
      return time
    },
    operation("small/matmul-8x8") {
      let (a, b) = (try normal([8, 8]), try normal([8, 8]))
      return { _ = try a.matmul(b) }
    },
    operation("small/mlp-16-gradient") {
      let (x, y) = (try normal([16, 16]), try normal([16, 16]))
      let parameters = try (0..<3).flatMap { _ in [try normal([16, 16]) * 0.25, try .zeros([16])] }
      return {
        _ = try valueAndGrad(at: parameters) { p in
          let first = try x.linear(weight: p[0], bias: p[1]).relu()
          let second = try first.linear(weight: p[2], bias: p[3]).relu()
          return try (second.linear(weight: p[4], bias: p[5]) - y).square().mean()
        }
      }
    },
  ]
}
