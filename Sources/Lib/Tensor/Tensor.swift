import CKernels

/// An n-dimensional array of numbers, rank 0 to 8. A tensor is a value: nothing changes it after it is made, views of
/// it are tensors of their own, and what a derivative needs to know of its making is kept only while a transform asks.
public final class Tensor: @unchecked Sendable {
  let storage: Storage
  let layout: Layout
  /// The element type.
  public let dtype: DType
  /// How this value was made, while a transform records; nil for a constant.
  package let node: Node?

  init(storage: Storage, layout: Layout, dtype: DType, node: Node? = nil) {
    self.storage = storage
    self.layout = layout
    self.dtype = dtype
    self.node = node
  }

  /// The extents.
  public var shape: Shape { layout.shape }
  /// The number of axes.
  public var rank: Int { layout.shape.rank }
  /// The number of elements.
  public var count: Int { layout.shape.elementCount }

  /// The first element of this view.
  var pointer: UnsafeMutableRawPointer { storage.pointer + layout.offset * dtype.size }

  /// The same elements with another history.
  package func with(node: Node?) -> Tensor {
    Tensor(storage: storage, layout: layout, dtype: dtype, node: node)
  }

  /// This value as a constant: derivatives do not see through it. (Known elsewhere as `detach` or `stop_gradient`.)
  public var detached: Tensor { node == nil ? self : with(node: nil) }

  /// Whether a derivative now being taken may follow this value.
  public var isRecorded: Bool { recordedTrace(self) != 0 }

  /// The same elements in row-major order, as a constant; self where they already are.
  func contiguous(in operation: String) throws -> Tensor {
    if layout.isContiguous { return detached }
    let result = try Tensor.uninitialized(shape, dtype: dtype, in: operation)
    withUnsafePointers(layout) { dims, strides in
      withUnsafePointers(result.layout) { _, target in
        faa_copy(dtype.kernel, Int32(rank), dims, strides, pointer, target, result.pointer)
      }
    }
    return result
  }

  static func uninitialized(_ shape: Shape, dtype: DType, in operation: String) throws -> Tensor {
    let storage = try Storage(count: shape.elementCount, dtype: dtype, operation: operation)
    return Tensor(storage: storage, layout: Layout(contiguous: shape), dtype: dtype)
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
