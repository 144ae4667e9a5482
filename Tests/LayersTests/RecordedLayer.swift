import Foundation
import Interchange
import Layers
import Tensor
import Testing

/// What PyTorch recorded of a layer in f64 (Tests/Fixtures/models/make.py).
struct RecordedLayer {
  private let file: Safetensors.Contents

  init(_ name: String) throws {
    let here = URL(filePath: #filePath).deletingLastPathComponent()
    file = try Safetensors.read(here.appending(path: "../Fixtures/models/\(name).safetensors").path)
  }

  func callAsFunction(_ name: String) throws -> Tensor { try #require(file[name], "no \(name)") }

  /// The layer with the recorded parameters, after checking that both have the same names.
  func filling<L: Layer>(_ layer: L) throws -> L {
    let names = try layer.parameters().map(\.name)
    #expect(Set(names) == Set(file.tensors.map(\.name).compactMap { $0.after("parameter/") }))
    return try layer.replacingParameters(with: names.map { try self("parameter/\($0)") })
  }

  /// The layer with the recorded buffers, after the same check.
  func fillingBuffers<L: Layer>(of layer: L) throws -> L {
    let names = try layer.buffers().map(\.name)
    #expect(Set(names) == Set(file.tensors.map(\.name).compactMap { $0.after("buffer/") }))
    return try layer.replacingBuffers(with: names.map { try self("buffer/\($0)") })
  }
}

extension String {
  fileprivate func after(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}

/// Expects two tensors of f64 to agree within `tolerance` of the larger values.
func expectClose(
  _ mine: Tensor, _ theirs: Tensor, within tolerance: Double = 1e-10, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(mine.shape == theirs.shape, "\(what)", sourceLocation: sourceLocation)
  let (a, b) = (try mine.doubles(), try theirs.doubles())
  let scale = b.reduce(1) { max($0, abs($1)) }
  let error = zip(a, b).reduce(0) { $1.0.isFinite ? max($0, abs($1.0 - $1.1)) : .infinity }
  #expect(error <= tolerance * scale, "\(what): differs by \(error)", sourceLocation: sourceLocation)
}
