import CKernels

/// An n-dimensional array of numbers, rank 0 to 8. A tensor is a value: nothing changes it after it is made, views of
/// it are tensors of their own, and what a derivative needs to know of its making is kept only while a transform asks.
public final class Tensor: @unchecked Sendable {
  /// A variable only for the test of unique reference, which asks for one.
  private(set) var storage: Storage
  let layout: Layout
  /// The element type.
  public let dtype: DType
  /// Whether the elements follow each other in row-major order.
  let isContiguous: Bool
  /// The number of elements.
  public let count: Int
  /// The first element of this view.
  let pointer: UnsafeMutableRawPointer
  /// How this value was made, while a transform records; nil for a constant.
  package private(set) var node: Node?

  init(storage: Storage, layout: Layout, dtype: DType, node: Node? = nil) {
    self.storage = storage
    self.layout = layout
    self.dtype = dtype
    self.node = node
    isContiguous = layout.isContiguous
    count = layout.shape.elementCount
    pointer = storage.pointer + layout.offset * dtype.size
  }

  /// A new value that fills `storage` in row-major order.
  private init(filling storage: Storage, _ layout: Layout, count: Int, dtype: DType) {
    self.storage = storage
    self.layout = layout
    self.dtype = dtype
    isContiguous = true
    self.count = count
    pointer = storage.pointer
  }

  private init(_ other: Tensor, node: Node?) {
    storage = other.storage
    layout = other.layout
    dtype = other.dtype
    isContiguous = other.isContiguous
    count = other.count
    pointer = other.pointer
    self.node = node
  }

  /// The extents.
  public var shape: Shape { layout.shape }
  /// The number of axes.
  public var rank: Int { layout.shape.rank }

  /// The same elements with another history.
  package func with(node: Node?) -> Tensor { Tensor(self, node: node) }

  /// A result that nobody else holds yet, with its history: in place where it is indeed nobody else's.
  static func recorded(_ result: consuming Tensor, by node: Node) -> Tensor {
    if isKnownUniquelyReferenced(&result) {
      result.node = node
      return result
    }
    return result.with(node: node)
  }

  /// This value as a constant: derivatives do not see through it. (Known elsewhere as `detach` or `stop_gradient`.)
  public var detached: Tensor { node == nil ? self : with(node: nil) }

  /// Whether a derivative now being taken may follow this value.
  public var isRecorded: Bool { recordedTrace(self) != 0 }

  /// Whether the extents are those of `other`.
  @inline(__always) func hasShape(of other: Tensor) -> Bool {
    guard count == other.count, layout.shape.rank == other.layout.shape.rank else { return false }
    for axis in 0..<layout.shape.rank
    where layout.shape.dims[unchecked: axis] != other.layout.shape.dims[unchecked: axis] { return false }
    return true
  }

  /// The same elements in row-major order, as a constant; self where they already are.
  func contiguous(in operation: String) throws -> Tensor {
    if isContiguous { return detached }
    let result = try Tensor.uninitialized(shape, dtype: dtype, in: operation)
    withUnsafePointers(layout) { dims, strides in
      faa_pack(dtype.kernel, Int32(rank), dims, strides, pointer, result.pointer)
    }
    return result
  }

  static func uninitialized(_ shape: Shape, dtype: DType, in operation: String) throws -> Tensor {
    let count = shape.elementCount
    let storage = try Storage.room(for: count, dtype, in: operation)
    return Tensor(filling: storage, Layout(contiguous: shape), count: count, dtype: dtype)
  }

  /// Throws `outOfMemory` where a tensor of this shape would find no room. Nothing is written.
  package static func checkRoom(for shape: Shape, dtype: DType, in operation: String) throws {
    _ = try uninitialized(shape, dtype: dtype, in: operation)
  }

  /// As large as `model`, which is contiguous.
  static func uninitialized(like model: Tensor, dtype: DType, in operation: String) throws -> Tensor {
    let storage = try Storage.room(for: model.count, dtype, in: operation)
    if model.layout.offset == 0 {
      return Tensor(filling: storage, model.layout, count: model.count, dtype: dtype)
    }
    var layout = model.layout
    layout.offset = 0
    return Tensor(filling: storage, layout, count: model.count, dtype: dtype)
  }

  /// Adds `other` to this value where it lies, if nobody could notice: nobody else holds this object or its elements, and no
  /// derivative follows either. False asks for an ordinary sum.
  static func accumulate(_ other: Tensor, into sum: inout Tensor) -> Bool {
    guard mayChange(&sum), other.node == nil, sum.dtype == other.dtype, other.isContiguous,
      sum.hasShape(of: other)
    else { return false }
    return faa_accumulate(sum.dtype.kernel, sum.count, other.pointer, sum.pointer) == 0
  }

  /// Whether a value's elements, which follow each other, may be changed where they lie: nobody else holds it or them, and no derivative
  /// follows it.
  static func mayChange(_ tensor: inout Tensor) -> Bool {
    isKnownUniquelyReferenced(&tensor) && isKnownUniquelyReferenced(&tensor.storage) && tensor.node == nil
      && tensor.isContiguous
  }

  /// Makes `tensor` one whose elements may be changed where they lie, because nobody else holds them; a copy where somebody does.
  static func makeOwn(_ tensor: inout Tensor) throws {
    if mayChange(&tensor) { return }
    let copy = try uninitialized(tensor.shape, dtype: tensor.dtype, in: "copy")
    withUnsafePointers(tensor.layout) { dims, strides in
      faa_pack(tensor.dtype.kernel, Int32(tensor.rank), dims, strides, tensor.pointer, copy.pointer)
    }
    tensor = copy
  }
}

/// Hands a layout's dims and strides to C.
func withUnsafePointers<R>(
  _ layout: Layout, _ body: (UnsafePointer<Int>, UnsafePointer<Int>) throws -> R
) rethrows -> R {
  try withUnsafePointer(to: layout.shape.dims) { dims in
    try withUnsafePointer(to: layout.strides) { strides in
      try body(
        UnsafeRawPointer(dims).assumingMemoryBound(to: Int.self),
        UnsafeRawPointer(strides).assumingMemoryBound(to: Int.self))
    }
  }
}
