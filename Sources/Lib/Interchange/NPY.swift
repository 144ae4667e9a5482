import Tensor

/// NumPy's format for one array (numpy.org/doc/stable/reference/generated/numpy.lib.format.html), versions 1 to 3.
public enum NPY {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads an array, in either byte order and either order of axes. Half precision becomes f32; integers of other sizes become i32 where
  /// they fit.
  ///
  /// - Throws: `InterchangeError` for a file that cannot be read, breaks the format, or has elements that are no numbers.
  public static func read(_ path: String) throws -> Tensor {
    let file = try InputFile.opened(path)
    let start = try file.bytes(min(12, file.size), from: 0)
    guard start.count >= 10, Array(start.prefix(6)) == magic else {
      throw InterchangeError(
        path, "is no .npy file", help: "numpy.save writes them; of an .npz, unpack it first")
    }
    guard (1...3).contains(start[6]), start.count >= 12 else {
      throw InterchangeError(path, "is of version \(start[6]), which is not known")
    }
    let wide = start[6] > 1
    let length = start[8..<(wide ? 12 : 10)].reversed().reduce(0) { $0 << 8 | Int($1) }
    let base = (wide ? 12 : 10) + length
    let header = try NPYHeader(file.bytes(length, from: wide ? 12 : 10), path)
    let extents = header.isFortran ? header.shape.reversed() : header.shape
    let shape: Shape
    do {
      shape = try Shape(extents)
    } catch let error as TensorError {
      throw InterchangeError(path, "its shape is impossible: \(error.message)")
    }
    let (needed, overflow) = shape.elementCount.multipliedReportingOverflow(by: header.element.size)
    guard !overflow, needed == file.size - base else {
      throw InterchangeError(
        path, "\(file.size - base) bytes do not fill shape \(shape)",
        help: overflow || needed > file.size - base ? "the file is not complete" : nil)
    }
    let tensor = try header.element.tensor(
      shape, in: file, at: base, named: "", bigEndian: header.isBigEndian)
    return header.isFortran ? try tensor.permuted(Array((0..<shape.rank).reversed())) : tensor
  }

  /// Writes a tensor, replacing the file as a whole once everything is on disk.
  ///
  /// - Throws: `InterchangeError` when the file cannot be written.
  public static func write(_ tensor: Tensor, to path: String) throws {
    let shape = tensor.shape.map { "\($0)," }.joined(separator: " ")
    let code =
      switch tensor.dtype {
      case .bool: "|b1"
      case .i32: "<i4"
      case .f32: "<f4"
      case .f64: "<f8"
      }
    var header = "{'descr': '\(code)', 'fortran_order': False, 'shape': (\(shape)), }"
    // The elements begin at a multiple of 64 bytes, after a line end.
    header += String(repeating: " ", count: 63 - (magic.count + 4 + header.utf8.count) % 64) + "\n"
    let start =
      magic + [1, 0, UInt8(header.utf8.count % 256), UInt8(header.utf8.count / 256)] + Array(header.utf8)
    try writeFile(path) { write in
      try start.withUnsafeBytes { try write($0) }
      try withBytes(of: tensor, write)
    }
  }
}

/// The dictionary at the start of a file: `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.
private struct NPYHeader {
  let element: Element
  let isBigEndian, isFortran: Bool
  let shape: [Int]

  private static let elements: [String: Element] = [
    "b1": .bool, "u1": .u8, "i1": .i8, "u2": .u16, "i2": .i16, "u4": .u32, "i4": .i32, "u8": .u64, "i8": .i64,
    "f2": .f16,
    "f4": .f32, "f8": .f64,
  ]

  init(_ bytes: [UInt8], _ path: String) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let descr = Self.value(of: "descr", in: text),
      let order = Self.value(of: "fortran_order", in: text),
      let extents = Self.value(of: "shape", in: text), let sizes = Self.sizes(extents)
    else { throw InterchangeError(path, at: "header", "does not say descr, fortran_order and shape") }
    let code = descr.filter { $0 != "'" && $0 != "\"" }
    guard let mark = code.first, "<>|=".contains(mark), let element = Self.elements[String(code.dropFirst())]
    else {
      throw InterchangeError(
        path, at: "header", "elements of type \(descr) cannot be read",
        help: "convert the array, e.g. by astype('f4')")
    }
    guard order == "True" || order == "False" else {
      throw InterchangeError(path, at: "header", "fortran_order is \(order)")
    }
    self.element = element
    isBigEndian = mark == ">" && element.size > 1
    isFortran = order == "True"
    shape = sizes
  }

  /// The text of a value: up to the comma that ends it, or a whole tuple.
  private static func value(of key: String, in text: String) -> String? {
    for quote in ["'", "\""] {
      guard let found = text.firstRange(of: "\(quote)\(key)\(quote)") else { continue }
      let rest = text[found.upperBound...].drop { $0 == " " }
      guard rest.first == ":" else { return nil }
      let value = rest.dropFirst().drop { $0 == " " }
      guard value.first == "(" else { return String(value.prefix { $0 != "," && $0 != "}" && $0 != " " }) }
      return value.firstIndex(of: ")").map { String(value[...$0]) }
    }
    return nil
  }

  private static func sizes(_ tuple: String) -> [Int]? {
    guard tuple.hasPrefix("("), tuple.hasSuffix(")") else { return nil }
    var result: [Int] = []
    for part in tuple.dropFirst().dropLast().split(separator: ",") {
      let digits = part.filter { $0 != " " }
      if digits.isEmpty { continue }
      guard let size = Int(digits), size >= 0 else { return nil }
      result.append(size)
    }
    return result
  }
}
