import Syntax
import Tensor

/// An object of the library whose whole state can be written to bytes and read back, bit for bit.
public protocol StorableObject: HostObject {
  /// The name its bytes are kept under; it stays the same when the class is renamed.
  static var storedName: String { get }
  /// Whether commands change objects of this kind in place, so that two variables may see one change.
  static var isChangeable: Bool { get }
  /// Writes the state.
  func store(_ writer: inout ByteWriter) throws
  /// Reads the state; throws `DamagedBytes`.
  static func restored(_ reader: inout ByteReader) throws -> any HostObject
}

/// Why a value cannot be stored: one phrase that follows the variable's name.
struct Unstorable: Error { let reason: String }

extension Session {
  /// The variables as bytes from which `restore` makes them again, in this session or another. Objects that several of them hold stay
  /// one object.
  ///
  /// - Parameter storable: the kinds of objects that can be stored.
  /// - Throws: `CommandError` naming the first variable that holds something else (a figure, a closure with captured values), or a
  ///   changeable object that a variable outside `names` holds too.
  public func stored(_ names: [String], storable: [any StorableObject.Type]) throws -> [UInt8] {
    var writer = SnapshotWriter(storable)
    let defined = names.filter { value(of: $0) != nil }
    writer.bytes.int(defined.count)
    for name in defined {
      guard let value = value(of: name) else { continue }
      writer.bytes.text(name)
      do {
        try writer.write(value)
      } catch let error as Unstorable {
        throw CommandError("NotStorable", "`\(name)` \(error.reason)")
      }
    }
    try checkSharing(of: writer.changeable, outside: Set(names))
    return writer.bytes.bytes
  }

  /// All variables that can be stored, as bytes for `restore`, and of the others why they cannot. Objects that several variables hold stay
  /// one object.
  public func storedVariables(storable: [any StorableObject.Type]) -> (
    bytes: [UInt8], left: [(name: String, reason: String)]
  ) {
    var writer = SnapshotWriter(storable)
    var left: [(String, String)] = []
    writer.bytes.int(0)
    for (name, value) in variables {
      let before = writer.mark
      do {
        writer.bytes.text(name)
        try writer.write(value)
      } catch {
        writer.goBack(to: before)
        left.append((name, (error as? Unstorable)?.reason ?? "\(error)"))
      }
    }
    writer.bytes.replace(at: 0, with: variables.count - left.count)
    return (writer.bytes.bytes, left)
  }

  /// Defines the variables that `stored` or `storedVariables` wrote; none of them when the bytes are damaged.
  public func restore(_ bytes: [UInt8], storable: [any StorableObject.Type]) throws {
    var reader = SnapshotReader(bytes, storable, self)
    let count = try reader.bytes.int()
    var values: [(String, Value)] = []
    for _ in 0..<max(0, count) { values.append((try reader.bytes.text(), try reader.read())) }
    guard reader.bytes.isAtEnd else { throw DamagedBytes() }
    for (name, value) in values { define(name, value) }
  }

  /// An object that changes in place must not be known by a variable that would keep an old copy of it.
  private func checkSharing(of objects: Set<ObjectIdentifier>, outside names: Set<String>) throws {
    guard !objects.isEmpty else { return }
    for (name, value) in variables where !names.contains(name) {
      if value.mentions(objects) {
        throw CommandError("NotStorable", "its model or other changeable object is shared with `\(name)`")
      }
    }
  }

  /// The function that a stored text defines: a closure without captured values, or a `func`.
  fileprivate func function(defining text: String, name: String, place: String, firstLine: Int) throws
    -> Value
  {
    let isNamed = name != "closure"
    let before = isNamed ? value(of: name) : nil
    let last = value(of: "_")
    // Under the place it had, so that messages still find it in the notebook.
    let result = evaluate(SourceText(text, name: place, firstLine: firstLine))
    guard case .value(let value, _) = result else { throw DamagedBytes() }
    let made = isNamed ? self.value(of: name) : value
    if isNamed, let before { define(name, before) }
    if let last { define("_", last) }
    guard let made, case .function = made else { throw DamagedBytes() }
    return made
  }
}

extension Value {
  /// Whether one of the objects is reachable.
  fileprivate func mentions(_ objects: Set<ObjectIdentifier>) -> Bool {
    switch self {
    case .object(let box): objects.contains(ObjectIdentifier(box.object))
    case .list(let box): box.elements.contains { $0.mentions(objects) }
    case .tuple(let box): box.elements.contains { $0.mentions(objects) }
    case .record(let box): box.values.contains { $0.mentions(objects) }
    case .function(let box): box.capturedValues.contains { $0.mentions(objects) }
    default: false
    }
  }
}

private enum Mark: UInt8 {
  case none, bool, int, float, string, list, tuple, record, range, tensor, function, object, again
}

private struct SnapshotWriter {
  var bytes = ByteWriter()
  /// Objects written that commands may change in place.
  var changeable: Set<ObjectIdentifier> = []
  private let storable: [any StorableObject.Type]
  /// Objects written so far, by the order of writing.
  private var known: [ObjectIdentifier: Int] = [:]
  private var depth = 0

  init(_ storable: [any StorableObject.Type]) { self.storable = storable }

  /// How much was written.
  var mark: (bytes: Int, known: [ObjectIdentifier: Int]) { (bytes.bytes.count, known) }

  /// Takes back what was written since.
  mutating func goBack(to mark: (bytes: Int, known: [ObjectIdentifier: Int])) {
    bytes.cut(to: mark.bytes)
    known = mark.known
  }

  mutating func write(_ value: Value) throws {
    depth += 1
    defer { depth -= 1 }
    guard depth < 200 else { throw Unstorable(reason: "is nested deeper than 200 levels") }
    switch value {
    case .none: tag(.none)
    case .bool(let value):
      tag(.bool)
      bytes.bool(value)
    case .int(let value):
      tag(.int)
      bytes.int(value)
    case .float(let value):
      tag(.float)
      bytes.double(value)
    case .string(let box):
      tag(.string)
      bytes.text(box.value)
    case .list(let box):
      tag(.list)
      try write(box.elements)
    case .tuple(let box):
      tag(.tuple)
      try write(box.elements)
    case .record(let box):
      tag(.record)
      bytes.list(box.keys) { $0.text($1) }
      try write(box.values)
    case .range(let box):
      tag(.range)
      for number in [box.lower, box.upper, box.step] { bytes.int(number) }
    case .tensor(let tensor):
      tag(.tensor)
      try bytes.tensor(tensor)
    case .function(let box): try write(box)
    case .object(let box): try write(box.object)
    }
  }

  private mutating func tag(_ tag: Mark) { bytes.byte(tag.rawValue) }

  private mutating func write(_ values: [Value]) throws {
    bytes.int(values.count)
    for value in values { try write(value) }
  }

  private mutating func write(_ function: FunctionBox) throws {
    guard let code = function.code else {
      throw Unstorable(reason: "is a command, which is not stored as a value")
    }
    guard function.capturedValues.isEmpty else {
      throw Unstorable(reason: "is a function that holds values of where it was made")
    }
    tag(.function)
    bytes.text(code.source.text(code.span))
    bytes.text(code.name)
    bytes.text(code.source.name)
    bytes.int(code.source.position(of: code.span.start).line)
  }

  private mutating func write(_ object: any HostObject) throws {
    if let index = known[ObjectIdentifier(object)] {
      tag(.again)
      bytes.int(index)
      return
    }
    guard let stored = object as? any StorableObject, storable.contains(where: { $0 == type(of: stored) })
    else {
      let article = "AEIOU".contains(object.typeName.first ?? "x") ? "an" : "a"
      throw Unstorable(reason: "holds \(article) \(object.typeName), which is not stored")
    }
    known[ObjectIdentifier(object)] = known.count
    if type(of: stored).isChangeable { changeable.insert(ObjectIdentifier(object)) }
    tag(.object)
    bytes.text(type(of: stored).storedName)
    var inner = ByteWriter()
    try stored.store(&inner)
    bytes.blob(inner.bytes)
  }
}

private struct SnapshotReader {
  var bytes: ByteReader
  private let storable: [any StorableObject.Type]
  private let session: Session
  private var known: [ObjectBox] = []
  private var depth = 0

  init(_ bytes: [UInt8], _ storable: [any StorableObject.Type], _ session: Session) {
    self.bytes = ByteReader(bytes)
    self.storable = storable
    self.session = session
  }

  mutating func read() throws -> Value {
    depth += 1
    defer { depth -= 1 }
    guard depth < 200, let tag = Mark(rawValue: try bytes.byte()) else { throw DamagedBytes() }
    switch tag {
    case .none: return .none
    case .bool: return .bool(try bytes.bool())
    case .int: return .int(try bytes.int())
    case .float: return .float(try bytes.double())
    case .string: return .string(StringBox(try bytes.text()))
    case .list: return .list(ListBox(try values()))
    case .tuple: return .tuple(TupleBox(try values()))
    case .record:
      let keys = try bytes.list { try $0.text() }
      return .record(RecordBox(Array(zip(keys, try values()))))
    case .range: return .range(RangeBox(try bytes.int(), try bytes.int(), step: try bytes.int()))
    case .tensor: return .tensor(try bytes.tensor())
    case .function:
      return try session.function(
        defining: bytes.text(), name: bytes.text(), place: bytes.text(), firstLine: bytes.int())
    case .object: return .object(try object())
    case .again:
      let index = try bytes.int()
      guard known.indices.contains(index) else { throw DamagedBytes() }
      return .object(known[index])
    }
  }

  private mutating func values() throws -> [Value] {
    let count = try bytes.int()
    guard count >= 0 else { throw DamagedBytes() }
    var values: [Value] = []
    for _ in 0..<count { values.append(try read()) }
    return values
  }

  private mutating func object() throws -> ObjectBox {
    let name = try bytes.text()
    guard let type = storable.first(where: { $0.storedName == name }) else { throw DamagedBytes() }
    var inner = ByteReader(Array(try bytes.blob()))
    let box = ObjectBox(try type.restored(&inner))
    known.append(box)
    return box
  }
}

extension ByteWriter {
  /// Element type, shape and elements in row-major order.
  public mutating func tensor(_ tensor: Tensor) throws {
    byte(tensor.dtype.rawValue)
    list(Array(tensor.shape)) { $0.int($1) }
    switch tensor.dtype {
    case .bool: try tensor.withElements(of: Bool.self) { blob(UnsafeRawBufferPointer($0)) }
    case .i32: try tensor.withElements(of: Int32.self) { blob(UnsafeRawBufferPointer($0)) }
    case .f32: try tensor.withElements(of: Float.self) { blob(UnsafeRawBufferPointer($0)) }
    case .f64: try tensor.withElements(of: Double.self) { blob(UnsafeRawBufferPointer($0)) }
    }
  }
}

extension ByteReader {
  /// A tensor that `ByteWriter.tensor` wrote.
  public mutating func tensor() throws -> Tensor {
    guard let dtype = DType(rawValue: try byte()) else { throw DamagedBytes() }
    let shape = try Shape(try list { try $0.int() })
    let elements = try blob()
    guard elements.count == shape.elementCount * dtype.size else { throw DamagedBytes() }
    return try Tensor(shape: shape, dtype: dtype) { target in
      elements.withUnsafeBytes { source in
        if let base = source.baseAddress { target.copyMemory(from: base, byteCount: source.count) }
      }
    }
  }
}
