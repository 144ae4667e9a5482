import Testing

@testable import Tensor

/// What stands on the axis that elements are selected from.
enum SelectionData: String, CaseIterable, Sendable {
  case normals, ties, ascending, descending, constant, special

  func row(_ n: Int, _ stream: inout RandomStream) throws -> Tensor {
    let x = try stream.normals([n], dtype: .f64)
    switch self {
    case .normals: return x
    case .ties: return try (x * 2).rounded()
    case .ascending: return try Tensor.arange(0, Double(n), dtype: .f64)
    case .descending: return try Tensor.arange(0, Double(n), dtype: .f64).flipped()
    case .constant: return try .full([n], 3, dtype: .f64)
    case .special:
      let values = [Double.nan, .infinity, -.infinity, 0, -0.0, -.nan, .leastNonzeroMagnitude, -1]
      return try Tensor(values).take((x * 3).abs().cast(to: .i32).minimum(Tensor([Int32(7)])))
    }
  }
}

@Suite("topK selects what a sort would put first")
struct SelectionTests {
  @Test(arguments: SelectionData.allCases, [DType.bool, .i32, .f32, .f64])
  func agreesWithTheSort(_ data: SelectionData, _ dtype: DType) throws {
    guard dtype.isFloating || data != .special else { return }
    var stream = RandomStream(seed: 4)
    for (rows, n, counts) in [
      (1, 140_000, [1, 10, 300, 2000]), (3, 700, [1, 5, 12, 13, 100]), (40, 60, [1, 14]),
    ] {
      let x = try Tensor.stacked((0..<rows).map { _ in try data.row(n, &stream).cast(to: dtype) })
      for descending in [true, false] {
        let order = try x.argSort(axis: 1, descending: descending)
        for k in counts {
          let first = try order.narrowed(axis: 1, start: 0, count: k)
          let found = try x.topK(k, axis: 1, largest: descending)
          #expect(try found.indices.ints() == first.ints(), "\(k) of \(n), descending: \(descending)")
        }
      }
    }
  }

  @Test("along any axis of any view, on 1, 2 and 4 threads")
  func views() throws {
    var stream = RandomStream(seed: 6)
    let x = try stream.normals([5, 300, 4]).permuted([2, 1, 0]).flipped([1])
    let before = Engine.threads
    defer { Engine.threads = before }
    let order = try x.argSort(axis: 1, descending: true).narrowed(axis: 1, start: 0, count: 7)
    let long = try stream.normals([2, 200_000])
    var firsts: [[Int]] = []
    for threads in [1, 2, 4] {
      Engine.threads = threads
      let (values, indices) = try x.topK(7, axis: -2)
      #expect(try indices.shape == [4, 7, 5] && indices.ints() == order.ints())
      #expect(try values.floats() == x.takeAlong(order, axis: 1).floats())
      firsts.append(try long.topK(20).indices.ints())
    }
    #expect(firsts[0] == firsts[1] && firsts[0] == firsts[2])
  }
}
