import Tensor

/// The element types that files hold. Those that tensors do not have are converted when read: half precision to f32, integers to
/// i32 where every one fits.
enum Element: Equatable {
  case bool, u8, i8, u16, i16, u32, i32, u64, i64, f16, bf16, f32, f64

  var size: Int {
    switch self {
    case .bool, .u8, .i8: 1
    case .u16, .i16, .f16, .bf16: 2
    case .u32, .i32, .f32: 4
    case .u64, .i64, .f64: 8
    }
  }

  /// The dtype of the tensor that is made.
  var dtype: DType {
    switch self {
    case .bool: .bool
    case .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64: .i32
    case .f16, .bf16, .f32: .f32
    case .f64: .f64
    }
  }

  /// The element type that holds a dtype exactly.
  init(_ dtype: DType) {
    switch dtype {
    case .bool: self = .bool
    case .i32: self = .i32
    case .f32: self = .f32
    case .f64: self = .f64
    }
  }

  /// Reads a tensor of this type from the file at `offset`, where the bytes are known to be.
  func tensor(
    _ shape: Shape, in file: borrowing InputFile, at offset: Int, named place: String, bigEndian: Bool = false
  ) throws -> Tensor {
    let count = shape.elementCount
    return try Tensor(shape: shape, dtype: dtype) { target in
      if self == Element(dtype), !bigEndian {
        try file.read(count * size, from: offset, into: target)
        if self == .bool {
          for index in 0..<count where target.load(fromByteOffset: index, as: UInt8.self) > 1 {
            throw InterchangeError(file.path, at: place, "element \(index) is neither false nor true")
          }
        }
        return
      }
      // Converted in pieces, so that a large file is never in memory twice.
      let piece = 1 << 16
      for first in stride(from: 0, to: count, by: piece) {
        let part = min(piece, count - first)
        var bytes = try file.bytes(part * size, from: offset + first * size)
        if bigEndian { reverseEach(&bytes) }
        try bytes.withUnsafeBytes { source in
          if let index = convert(source, part, to: target + first * dtype.size) {
            throw InterchangeError(
              file.path, at: place, "element \(first + index) does not fit into i32",
              help: "save such numbers as f64")
          }
        }
      }
    }
  }

  /// Converts `count` elements; the index of the first that does not fit, or nil.
  private func convert(_ source: UnsafeRawBufferPointer, _ count: Int, to target: UnsafeMutableRawPointer)
    -> Int?
  {
    func integers<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) -> Int? {
      for index in 0..<count {
        let value = source.loadUnaligned(fromByteOffset: index * size, as: T.self)
        guard let fitting = Int32(exactly: value) else { return index }
        target.storeBytes(of: fitting, toByteOffset: 4 * index, as: Int32.self)
      }
      return nil
    }
    func floats(_ value: (UInt16) -> Float) {
      for index in 0..<count {
        let bits = source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
        target.storeBytes(of: value(bits), toByteOffset: 4 * index, as: Float.self)
      }
    }
    switch self {
    case .u8: return integers(UInt8.self)
    case .i8: return integers(Int8.self)
    case .u16: return integers(UInt16.self)
    case .i16: return integers(Int16.self)
    case .u32: return integers(UInt32.self)
    case .u64: return integers(UInt64.self)
    case .i64: return integers(Int64.self)
    case .f16: floats { Float(Float16(bitPattern: $0)) }
    case .bf16: floats { Float(bitPattern: UInt32($0) << 16) }
    case .bool, .i32, .f32, .f64:
      // The tensor's own type, here only because its bytes came in another order.
      if let base = source.baseAddress { target.copyMemory(from: base, byteCount: count * size) }
    }
    return nil
  }

  private func reverseEach(_ bytes: inout [UInt8]) {
    for start in stride(from: 0, to: bytes.count, by: size) {
      for (low, high) in zip(start..<start + size / 2, (start + size / 2..<start + size).reversed()) {
        bytes.swapAt(low, high)
      }
    }
  }
}

/// The elements of a tensor in row-major order, as bytes.
func withBytes(of tensor: Tensor, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
  switch tensor.dtype {
  case .bool: try tensor.withElements(of: Bool.self) { try body(UnsafeRawBufferPointer($0)) }
  case .i32: try tensor.withElements(of: Int32.self) { try body(UnsafeRawBufferPointer($0)) }
  case .f32: try tensor.withElements(of: Float.self) { try body(UnsafeRawBufferPointer($0)) }
  case .f64: try tensor.withElements(of: Double.self) { try body(UnsafeRawBufferPointer($0)) }
  }
}
