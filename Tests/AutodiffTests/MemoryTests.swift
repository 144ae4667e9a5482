import Autodiff
import Foundation
import Testing

@testable import Tensor

@Suite("Memory comes back", .serialized)
struct MemoryTests {
  /// Resident bytes of the process.
  private static func resident() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return Int(fields[1])! * 4096
  }

  private static func weights(_ width: Int) throws -> [Tensor] {
    try (0..<3).map { layer in
      var stream = RandomStream(seed: 1, stream: UInt64(layer))
      return try stream.normals([width, width], dtype: .f32) * 0.1
    }
  }

  private static func loss(_ x: Tensor) -> ([Tensor]) throws -> Tensor {
    { layers in
      var h = x
      for layer in layers { h = try h.matmul(layer).tanh() }
      return try h.square().mean()
    }
  }

  @Test("10,000 training steps hold no more memory than 100", arguments: [16, 128])
  func noGrowth(_ width: Int) throws {
    var layers = try Self.weights(width)
    let x = try Tensor.ones([width, width])
    let steps = width == 16 ? 10_000 : 300
    var early = (large: 0, all: 0)
    for step in 1...steps {
      let (_, gradients) = try valueAndGrad(at: layers, Self.loss(x))
      layers = try zip(layers, gradients).map { try $0 - $1 * 0.01 }
      if step == steps / 100 { early = (MemoryReport.now.live, try Self.resident()) }
    }
    #expect(MemoryReport.now.live == early.large)
    // One leaked matrix a step would be 10 MB or more.
    #expect(try Self.resident() - early.all < 4_000_000)
  }

  @Test("a Hessian-vector product, twice differentiated, lets go of its graph")
  func nested() throws {
    let layers = try Self.weights(16)
    let x = try Tensor.ones([16, 16])
    func product() throws {
      _ = try grad { w in
        try valueAndGrad(at: [w] + layers[1...], Self.loss(x)).gradients[0].square().sum()
      }(layers[0])
    }
    for _ in 0..<20 { try product() }
    let early = try Self.resident()
    for _ in 0..<2000 { try product() }
    #expect(try Self.resident() - early < 2_000_000)
  }
}
