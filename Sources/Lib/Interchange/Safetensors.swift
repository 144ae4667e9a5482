import Tensor

/// The safetensors format (huggingface.co/docs/safetensors): eight bytes of header length, a JSON header, then the elements of all
/// tensors, little-endian, without gaps.
public enum Safetensors {
  /// A tensor under its name.
  public typealias Entry = (name: String, tensor: Tensor)

  /// What a file holds.
  public struct Contents {
    /// The tensors, in the order of the header.
    public let tensors: [Entry]
    /// Texts that accompany them.
    public let metadata: [String: String]

    /// The tensor called `name`.
    public subscript(name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }
  }

  private static let longestHeader = 100_000_000

  /// Reads all tensors of a file. f16 and bf16 become f32; integers of other sizes become i32 where they fit.
  ///
  /// - Throws: `InterchangeError` naming the tensor or the place, for a file that cannot be read or breaks any rule of the format.
  public static func read(_ path: String) throws -> Contents {
    let file = try InputFile.opened(path)
    let start = try file.bytes(8, from: 0)
    let length = start.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length >= 2, length <= UInt64(longestHeader), Int(length) <= file.size - 8 else {
      throw InterchangeError(
        path, at: "header", "its length is said to be \(length) bytes in a file of \(file.size)",
        help: "this is no safetensors file, or not all of it")
    }
    let text = try file.bytes(Int(length), from: 8)
    let header: HeaderJSON
    do {
      header = try HeaderJSON(text)
    } catch {
      throw InterchangeError(path, at: "header", "no JSON at byte \(8 + error.offset): \(error.message)")
    }
    guard text[0] == UInt8(ascii: "{"), case .object(let members) = header else {
      throw InterchangeError(path, at: "header", "is not a JSON object")
    }

    let base = 8 + Int(length)
    var records: [Record] = []
    var metadata: [String: String] = [:]
    for (name, value) in members {
      if name == "__metadata__" {
        metadata = try texts(value, path)
      } else {
        records.append(try Record(name, value, path))
      }
    }
    try check(records, bytes: file.size - base, path)
    let tensors = try records.map { record in
      let tensor = try record.element.tensor(
        record.shape, in: file, at: base + record.begin, named: record.name)
      return (record.name, tensor)
    }
    return Contents(tensors: tensors, metadata: metadata)
  }

  /// Writes tensors, replacing the file as a whole once everything is on disk.
  ///
  /// - Throws: `InterchangeError` when a name is there twice or the file cannot be written.
  public static func write(_ tensors: [Entry], metadata: [String: String] = [:], to path: String) throws {
    var members: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.sorted { $0.key < $1.key }.map {
        "\(HeaderJSON.quoted($0)):\(HeaderJSON.quoted($1))"
      }
      members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
    }
    var (offset, names) = (0, Set(["__metadata__"]))
    for (name, tensor) in tensors {
      guard names.insert(name).inserted else {
        throw InterchangeError(path, at: name, "two tensors have this name")
      }
      let end = offset + tensor.count * tensor.dtype.size
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(HeaderJSON.quoted(name)):{\"dtype\":\"\(code(tensor.dtype))\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array("{\(members.joined(separator: ","))}".utf8)
    // Spaces at the end keep the elements aligned to eight bytes.
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    guard header.count <= longestHeader else {
      throw InterchangeError(path, "the names do not fit into a header")
    }
    try writeFile(path) { write in
      try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try write($0) }
      try header.withUnsafeBytes { try write($0) }
      for (_, tensor) in tensors { try withBytes(of: tensor, write) }
    }
  }

  private static func code(_ dtype: DType) -> String {
    switch dtype {
    case .bool: "BOOL"
    case .i32: "I32"
    case .f32: "F32"
    case .f64: "F64"
    }
  }

  private static func texts(_ value: HeaderJSON, _ path: String) throws -> [String: String] {
    guard case .object(let members) = value else {
      throw InterchangeError(path, at: "__metadata__", "is not an object")
    }
    var result: [String: String] = [:]
    for (key, value) in members {
      guard case .string(let text) = value else {
        throw InterchangeError(path, at: "__metadata__", "\(HeaderJSON.quoted(key)) is not a text")
      }
      result[key] = text
    }
    return result
  }

  /// The elements must follow each other without gaps, overlaps or a rest: what the header does not describe may hide anything.
  private static func check(_ records: [Record], bytes: Int, _ path: String) throws {
    var end = 0
    for record in records.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      guard record.begin == end else {
        throw InterchangeError(
          path, at: record.name, "its elements begin at byte \(record.begin), those before end at \(end)")
      }
      end = record.end
    }
    guard end == bytes else {
      throw InterchangeError(
        path, "there are \(bytes) bytes of elements, but the header describes \(end)",
        help: end > bytes ? "the file is not complete" : nil)
    }
  }
}

/// What the header says of a tensor, checked.
private struct Record {
  let name: String
  let element: Element
  let shape: Shape
  let begin, end: Int

  private static let elements: [String: Element] = [
    "BOOL": .bool, "U8": .u8, "I8": .i8, "U16": .u16, "I16": .i16, "U32": .u32, "I32": .i32, "U64": .u64,
    "I64": .i64,
    "F16": .f16, "BF16": .bf16, "F32": .f32, "F64": .f64,
  ]

  init(_ name: String, _ value: HeaderJSON, _ path: String) throws {
    guard case .string(let code) = value["dtype"], let extents = value["shape"]?.sizes,
      let offsets = value["data_offsets"]?.sizes, offsets.count == 2, offsets[0] <= offsets[1]
    else {
      throw InterchangeError(path, at: name, "its dtype, shape or data_offsets are missing or wrong")
    }
    guard let element = Self.elements[code] else {
      let known = Self.elements.keys.sorted().joined(separator: ", ")
      throw InterchangeError(
        path, at: name, "elements of type \(code) cannot be read", help: "known are \(known)")
    }
    do {
      shape = try Shape(extents)
    } catch let error as TensorError {
      throw InterchangeError(path, at: name, "its shape is impossible: \(error.message)")
    }
    let (needed, overflow) = shape.elementCount.multipliedReportingOverflow(by: element.size)
    guard !overflow, needed == offsets[1] - offsets[0] else {
      throw InterchangeError(
        path, at: name, "\(offsets[1] - offsets[0]) bytes do not fill shape \(shape) of \(code)")
    }
    self.name = name
    self.element = element
    (begin, end) = (offsets[0], offsets[1])
  }
}
