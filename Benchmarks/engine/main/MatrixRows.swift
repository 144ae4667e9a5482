import CKernels
import CPeak
import Tensor

/// Matrix products, and what the processor could do at most.
var matrixRows: [Row] {
  [peakRow] + [64, 128, 256, 512, 1024, 2048].map { product("gemm/\($0)", [$0, $0], [$0, $0]) } + [
    product("gemm/batch64-64x64x64", [64, 64, 64], [64, 64, 64]),
    product("gemm/batch48-197x64x197", [48, 197, 64], [48, 64, 197]),
  ]
}

private func product(_ name: String, _ left: [Int], _ right: [Int]) -> Row {
  let flops = 2 * Double(left.reduce(1, *) * (right.last ?? 1))
  return operation(name, flops: flops) {
    let (a, b) = (try normal(left), try normal(right))
    return { _ = try a.matmul(b) }
  }
}

/// Multiply-adds in registers, on all threads.
private var peakRow: Row {
  let rounds = 1_000_000
  var sink: Float = 0
  let perRound = peak_multiply_adds(1, &sink)
  let threads = Int(faa_thread_count())
  return Row(name: "peak/fma", hasPeer: false, flops: Double(perRound * rounds * threads)) { budget in
    guard perRound > 0 else {
      print("# peak/fma: no wide multiply-adds are compiled in for this processor")
      return .nan
    }
    return try budget.median {
      for _ in 0..<$0 {
        faa_parallel(
          threads,
          { _, _ in
            var sink: Float = 0
            _ = peak_multiply_adds(1_000_000, &sink)
          }, nil)
      }
    }
  }
}
