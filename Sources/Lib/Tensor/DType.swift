import CKernels

/// The element type of a tensor. Cases are in promotion order: an operation on two types gives the later one.
public enum DType: UInt8, CaseIterable, Sendable, CustomStringConvertible {
  /// A byte, 0 or 1.
  case bool
  /// A signed 32-bit integer; arithmetic that overflows is an error.
  case i32
  /// A single-precision float, the default.
  case f32
  /// A double-precision float; gradient checks run in it.
  case f64

  /// Bytes of an element.
  public var size: Int {
    switch self {
    case .bool: 1
    case .i32, .f32: 4
    case .f64: 8
    }
  }

  /// Whether elements are floats, and so differentiable.
  public var isFloating: Bool { self >= .f32 }

  /// The name, as the language spells it: `bool`, `i32`, `f32`, `f64`.
  public var description: String {
    switch self {
    case .bool: "bool"
    case .i32: "i32"
    case .f32: "f32"
    case .f64: "f64"
    }
  }

  /// The type named `name`, or nil.
  public init?(named name: String) {
    guard let match = DType.allCases.first(where: { $0.description == name }) else { return nil }
    self = match
  }

  var kernel: FaaType { FaaType(rawValue: rawValue) }
}

extension DType: Comparable {
  /// Promotion order.
  public static func < (left: DType, right: DType) -> Bool { left.rawValue < right.rawValue }
}

/// A Swift type that can be an element: `Bool`, `Int32`, `Float` or `Double`.
public protocol TensorScalar: Sendable {
  /// The dtype whose elements have this type.
  static var dtype: DType { get }
}

extension Bool: TensorScalar {
  /// `.bool`
  public static var dtype: DType { .bool }
}
extension Int32: TensorScalar {
  /// `.i32`
  public static var dtype: DType { .i32 }
}
extension Float: TensorScalar {
  /// `.f32`
  public static var dtype: DType { .f32 }
}
extension Double: TensorScalar {
  /// `.f64`
  public static var dtype: DType { .f64 }
}
