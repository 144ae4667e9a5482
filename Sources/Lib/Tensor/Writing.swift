import CKernels

extension Tensor {
  /// Writes `source`, broadcast, where `part` lies in `tensor`: in place where nobody else holds the elements, else in a copy.
  /// - part: a view of the tensor it is given, such as a slice; what it throws leaves the elements as they were.
  /// - Returns: false, with nothing written, where a derivative follows one of the two, the dtypes differ, or `part` is no view.
  package static func write(
    _ source: Tensor, into tensor: inout Tensor, at part: (Tensor) throws -> Tensor
  ) throws -> Bool {
    guard tensor.node == nil, source.node == nil, source.dtype == tensor.dtype else { return false }
    try makeOwn(&tensor)
    let view = try part(tensor)
    guard view.storage === tensor.storage else { return false }
    let values = try source.expanded(to: view.shape)
    withUnsafePointers(values.layout) { dims, strides in
      withUnsafePointers(view.layout) { _, targetStrides in
        faa_copy(
          tensor.dtype.kernel, Int32(view.rank), dims, strides, values.pointer, targetStrides, view.pointer)
      }
    }
    return true
  }

  /// `count` elements of one axis, `step` apart, from `start`; a negative step runs backwards. All have to be inside the axis.
  package func stepped(axis: Int, start: Int, step: Int, count: Int) throws -> Tensor {
    var slices = shape.map { AxisSlice(start: 0, step: 1, count: $0) }
    // A step that is not taken may be any number.
    slices[axis] = AxisSlice(start: start, step: count > 1 ? step : 1, count: count)
    return try sliced(slices)
  }
}
