import Autodiff
import Tensor

/// One pass over 1e4 to 1e8 numbers, in a matrix that is as square as powers of ten allow.
var elementwiseRows: [Row] {
  [
    ("1e4", [100, 100]), ("1e6", [1000, 1000]), ("1e7", [1000, 10_000]), ("1e8", [10_000, 10_000]),
  ].flatMap { size, shape in
    [
      binary("elementwise/add-\(size)", shape) { try $0 + $1 },
      binary("elementwise/mul-\(size)", shape) { try $0 * $1 },
      unary("elementwise/exp-\(size)", shape) { try $0.exp() },
      unary("elementwise/gelu-\(size)", shape) { try $0.gelu() },
      gradient("elementwise/gelu-gradient-\(size)", [shape]) { try $0[0].gelu() },
      unary("reduction/sum-\(size)", shape) { try $0.sum() },
      unary("reduction/sum-axis0-\(size)", shape) { try $0.sum([0]) },
      unary("reduction/sum-axis1-\(size)", shape) { try $0.sum([1]) },
      unary("reduction/max-\(size)", shape) { try $0.max() },
    ]
  }
}

/// Functions of each row of a matrix.
var rowwiseRows: [Row] {
  [("16384x1024", 16_384, 1024), ("512x64", 512, 64)].flatMap { size, rows, width in
    [
      unary("rowwise/softmax-\(size)", [rows, width]) { try $0.softmax() },
      gradient("rowwise/softmax-gradient-\(size)", [[rows, width]]) { try $0[0].softmax() },
      layerNorm("rowwise/layernorm-\(size)", rows, width),
      gradient("rowwise/layernorm-gradient-\(size)", [[rows, width], [width], [width]]) {
        try $0[0].layerNorm(weight: $0[1], bias: $0[2])
      },
    ]
  }
}

/// Attention of queries, keys and values [batch, heads, tokens, size].
var attentionRows: [Row] {
  [[8, 6, 197, 64], [64, 3, 17, 64]].flatMap { shape in
    let name = shape.map(String.init).joined(separator: "x")
    let flops = 4 * Double(shape.reduce(1, *) * shape[2])
    return [
      operation("attention/\(name)", flops: flops) {
        let parts = try [normal(shape), normal(shape), normal(shape)]
        return { _ = try attention(parts) }
      },
      gradient("attention/gradient-\(name)", [shape, shape, shape], flops: 3 * flops, attention),
    ]
  }
}

private func attention(_ parts: [Tensor]) throws -> Tensor {
  try parts[0].attention(keys: parts[1], values: parts[2])
}

private func unary(_ name: String, _ shape: [Int], _ function: @escaping (Tensor) throws -> Tensor) -> Row {
  operation(name) {
    let x = try normal(shape)
    return { _ = try function(x) }
  }
}

private func binary(
  _ name: String, _ shape: [Int], _ function: @escaping (Tensor, Tensor) throws -> Tensor
) -> Row {
  operation(name) {
    let (x, y) = (try normal(shape), try normal(shape))
    return { _ = try function(x, y) }
  }
}

private func layerNorm(_ name: String, _ rows: Int, _ width: Int) -> Row {
  operation(name) {
    let (x, weight, bias) = (try normal([rows, width]), try normal([width]), try normal([width]))
    return { _ = try x.layerNorm(weight: weight, bias: bias) }
  }
}

/// The function and its vector-Jacobian product for every argument.
func gradient(
  _ name: String, _ shapes: [[Int]], flops: Double = 0, _ function: @escaping ([Tensor]) throws -> Tensor
) -> Row {
  operation(name, flops: flops) {
    let arguments = try shapes.map(normal)
    let cotangent = try normal(Array(function(arguments).shape))
    return { _ = try vjp(at: arguments) { [try function($0)] }.pullback([cotangent]) }
  }
}
