import Testing

@testable import Tensor

@Suite("A recording seen from some of its leaves")
struct RestrictionTests {
  @Test("restricted sweeps equal the whole one's parts, in both directions")
  func parts() throws {
    let x = try Tensor([1.0, 2, 3])
    let y = try Tensor([0.5, -1, 2])
    let line = try Linearization(
      of: { try [$0[0] * $0[1].exp(), ($0[1].sin() * $0[1]).sum(), $0[0].square()] }, at: [x, y])
    let cotangents = try [Tensor([1.0, -2, 0.5]), Tensor.scalar(3, dtype: .f64), Tensor([0.1, 0.2, 0.3])]
    let whole = try line.pullback(cotangents)
    let left = line.restricted(toLeaves: 0..<1)
    let right = line.restricted(toLeaves: 1..<2)
    #expect(try left.pullback(cotangents)[0]?.doubles() == whole[0]?.doubles())
    #expect(try left.pullback(cotangents)[1] == nil)
    #expect(try right.pullback(cotangents)[1]?.doubles() == whole[1]?.doubles())
    #expect(try right.pullback(cotangents)[0] == nil)
    #expect(left.reaches(output: 0) && !left.reaches(output: 1) && !right.reaches(output: 2))
    let tangent = try Tensor([0.3, 0.1, -0.2])
    let forward = try line.pushforward([nil, tangent])
    let restricted = try right.pushforward([nil, tangent])
    #expect(try zip(forward, restricted).allSatisfy { try $0?.doubles() == $1?.doubles() })
  }
}
