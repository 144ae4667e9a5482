import Layers
import Models
import Runtime
import Tensor

/// The layers of a model: what each gives, and how many parameters it has.
struct LayerTable {
  private var rows: [(name: String, output: String, count: Int)] = []

  /// Parameters summed by layer: numbered layers one row each, others by their first name.
  /// - Parameter output: the shape that a layer gives, as text.
  init(_ parameters: [NamedTensor], output: (String) -> String) {
    for parameter in parameters {
      let parts = parameter.name.split(separator: ".")
      let isNumbered = parts.count > 2 && parts[1].allSatisfy(\.isNumber)
      let name = isNumbered ? "\(parts[0]).\(parts[1])" : String(parts.first ?? "")
      if rows.last?.name == name {
        rows[rows.count - 1].count += parameter.value.count
      } else {
        rows.append((name, output(name), parameter.value.count))
      }
    }
  }

  /// The rows and their sum.
  var table: Table {
    let total = rows.reduce(0) { $0 + $1.count }
    return Table(
      header: ["layer", "output", "parameters"],
      rows: rows.map { [$0.name, $0.output, grouped($0.count)] } + [["total", "", grouped(total)]],
      words: [0, 1])
  }
}

extension MAEConfiguration {
  /// What the layer of a masked autoencoder gives for n images, as text.
  func output(of layer: String) -> String {
    let patches = encoder.grid.count
    return switch layer.prefix(while: { $0 != "." }) {
    case "cls_token": "(\(encoder.width),)"
    case "patch_embed": "(n, \(patches), \(encoder.width))"
    case "blocks", "norm": "(n, \(1 + keptPatches), \(encoder.width))"
    case "decoder_embed": "(n, \(1 + keptPatches), \(decoderWidth))"
    case "mask_token": "(\(decoderWidth),)"
    case "decoder_blocks", "decoder_norm": "(n, \(1 + patches), \(decoderWidth))"
    case "decoder_pred": "(n, \(1 + patches), \(encoder.grid.values))"
    default: ""
    }
  }
}
