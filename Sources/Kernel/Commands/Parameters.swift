import Runtime
import Tensor

extension Parameter {
  /// `dtype: f32`
  static let dtype = Parameter.optional(
    "dtype", .choice(DType.allCases.map(\.description)), default: "f32", "element type: bool, i32, f32 or f64"
  )
  /// `seed: none`
  static let seed = Parameter.labelled(
    "seed", .int, "fixes the numbers; without one they depend on session and cell")
  /// `shape`
  static let shape = Parameter.required("shape", .shape, "the extents, such as [2, 3]")
  /// `axis: none`
  static let axis = Parameter.optional(
    "axis", .either([.int, .sequence]), "the axis or axes, all when not given")
  /// `keep: false`
  static let keep = Parameter.optional("keep", .bool, default: false, "keep reduced axes with extent 1")
  /// `x`
  static let x = Parameter.required("x", .tensor, "the tensor")
}

extension Arguments {
  /// The dtype named by `dtype`.
  func dtype() throws -> DType {
    let name = try string("dtype")
    guard let dtype = DType(named: name) else { throw mismatch("dtype", expected: "bool, i32, f32 or f64") }
    return dtype
  }

  /// The axes named by `axis`, nil for all.
  func axes(_ name: String = "axis") throws -> [Int]? { isNone(name) ? nil : try ints(name) }

  /// Tensors of a list or tuple.
  func tensors(_ name: String) throws -> [Tensor] {
    try sequence(name).map {
      guard case .tensor(let tensor) = $0 else { throw mismatch(name, expected: "a list of tensors") }
      return tensor
    }
  }
}
