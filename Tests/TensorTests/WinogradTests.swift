import Autodiff
import Testing

@testable import Tensor

@Suite("Winograd's convolution")
struct WinogradTests {
  struct Geometry: CustomStringConvertible, Sendable {
    let image: Shape
    let outChannels: Int
    var padding: Padding = 1

    var weight: Shape { [outChannels, image[1], 3, 3] }
    var description: String { "\(image) to \(outChannels) channels, padding \(padding)" }
  }

  /// Whole and partial tiles, every padding, few and many channels, cotangents of the weights in one portion and in several.
  static let geometries: [Geometry] = [
    .init(image: [3, 32, 8, 8], outChannels: 32), .init(image: [2, 48, 13, 6], outChannels: 32, padding: 2),
    .init(image: [5, 32, 11, 5], outChannels: 64, padding: 0),
    .init(image: [1, 32, 3, 50], outChannels: 32),
    .init(image: [2, 32, 30, 17], outChannels: 48, padding: .init(top: 2, bottom: 0, left: 1, right: 2)),
    .init(image: [9, 128, 7, 7], outChannels: 208), .init(image: [9, 208, 4, 3], outChannels: 144),
    .init(image: [8, 32, 56, 56], outChannels: 32),
  ]

  private static func normals(_ g: Geometry, _ dtype: DType) throws -> (x: Tensor, w: Tensor, b: Tensor) {
    var stream = RandomStream(seed: 61)
    return (
      try stream.normals(g.image, dtype: .f64).cast(to: dtype),
      try stream.normals(g.weight, dtype: .f64).cast(to: dtype),
      try stream.normals([g.outChannels], dtype: .f64).cast(to: dtype)
    )
  }

  /// The result, and the cotangents of image, weights and bias.
  private static func maps(_ g: Geometry, _ dtype: DType) throws -> [[Double]] {
    let (x, w, b) = try normals(g, dtype)
    let (outputs, pullback) = try vjp(at: [x, w, b]) {
      [try $0[0].conv2d($0[1], bias: $0[2], padding: g.padding)]
    }
    var stream = RandomStream(seed: 62)
    let cotangent = try stream.normals(outputs[0].shape, dtype: .f64).cast(to: dtype)
    return try ([outputs[0]] + pullback([cotangent])).map { try $0.doubles() }
  }

  /// The largest error, relative to the largest value.
  private static func error(_ single: [Double], _ double: [Double]) -> Double {
    zip(single, double).reduce(0) { max($0, abs($1.0 - $1.1)) } / double.reduce(0) { max($0, abs($1)) }
  }

  @Test("in f32 within 1e-5 of unfolded patches in f64", arguments: geometries)
  func agreesWithPatches(_ g: Geometry) throws {
    for (single, double) in try zip(Self.maps(g, .f32), Self.maps(g, .f64)) {
      #expect(Self.error(single, double) < 1e-5)
    }
  }

  @Test("the same bits on 1, 2 and 4 threads", arguments: geometries)
  func threadsDoNotChangeBits(_ g: Geometry) throws {
    let before = Engine.threads
    defer { Engine.threads = before }
    let results = try [1, 2, 4].map { threads in
      Engine.threads = threads
      return try Self.maps(g, .f32)
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test("second derivatives")
  func secondOrder() throws {
    let g = Self.geometries[0]
    let results = try [DType.f32, .f64].map { dtype in
      let (x, w, _) = try Self.normals(g, dtype)
      let energy: ([Tensor]) throws -> Tensor = { try $0[0].conv2d($0[1], padding: 1).square().sum() }
      let slope: ([Tensor]) throws -> Tensor = { inputs in
        let (_, pullback) = try vjp(at: inputs) { [try energy($0)] }
        return try pullback([.ones([], dtype: dtype)]).reduce(.zeros([], dtype: dtype)) {
          try $0 + $1.square().sum()
        }
      }
      let (_, pullback) = try vjp(at: [x, w]) { [try slope($0)] }
      return try pullback([.ones([], dtype: dtype)]).map { try $0.doubles() }
    }
    for (single, double) in zip(results[0], results[1]) { #expect(Self.error(single, double) < 1e-5) }
  }

  @Test("what is not finite stays where it is", arguments: [Double.infinity, -.infinity, .nan, 1e38])
  func notFinite(_ value: Double) throws {
    // Without padding: whether zeros around an image meet an infinite weight is up to the kernel.
    let g = Self.geometries[2]
    let (x, w, _) = try Self.normals(g, .f32)
    for place in 0..<2 {
      var operands = [try x.doubles(), try w.doubles()]
      operands[place][operands[place].count / 2] = value
      let image = try Tensor(operands[0], shape: g.image), weight = try Tensor(operands[1], shape: g.weight)
      let single = try image.cast(to: .f32).conv2d(weight.cast(to: .f32), padding: 0).doubles()
      let double = try image.conv2d(weight, padding: 0).doubles()
      // In the tile of a result that is not finite, the others are as far away from what made it so.
      let differ = zip(single, double).filter { one, other in
        one.isFinite != (other.isFinite && abs(other) < Double(Float.greatestFiniteMagnitude))
      }
      #expect(differ.isEmpty)
      #expect(single.contains { $0.isFinite })
    }
  }

  @Test("an empty batch") func emptyBatch() throws {
    let y = try Tensor.zeros([0, 32, 8, 8]).conv2d(.zeros([32, 32, 3, 3]), padding: 1)
    #expect(y.shape == [0, 32, 8, 8])
  }
}
