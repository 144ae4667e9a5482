/// Where a tensor's elements are in its storage: a shape, a stride for each axis and an offset, all in elements.
struct Layout: Sendable {
  var shape: Shape
  var strides: InlineArray<8, Int>
  var offset: Int

  /// Row-major, from the storage's first element.
  init(contiguous shape: Shape) {
    self.shape = shape
    strides = InlineArray(repeating: 0)
    offset = 0
    var step = 1
    for axis in stride(from: shape.rank - 1, through: 0, by: -1) {
      strides[axis] = step
      step *= shape.dims[axis]
    }
  }

  init(shape: Shape, strides: InlineArray<8, Int>, offset: Int) {
    self.shape = shape
    self.strides = strides
    self.offset = offset
  }

  /// Whether the elements follow each other in row-major order.
  var isContiguous: Bool {
    var step = 1
    for axis in stride(from: shape.rank - 1, through: 0, by: -1) {
      let extent = shape.dims[axis]
      if extent != 1, strides[axis] != step { return extent == 0 || shape.elementCount == 0 }
      step *= extent
    }
    return true
  }

  /// The view that repeats axes of extent 1 (and adds leading ones) to fill `target`; nil when it does not fit.
  func expanded(to target: Shape) -> Layout? {
    guard target.rank >= shape.rank else { return nil }
    var result = Layout(shape: target, strides: InlineArray(repeating: 0), offset: offset)
    for back in 0..<shape.rank {
      let axis = shape.rank - 1 - back
      let to = target.rank - 1 - back
      if shape.dims[axis] == target.dims[to] {
        result.strides[to] = strides[axis]
      } else if shape.dims[axis] != 1 {
        return nil
      }
    }
    return result
  }

  /// The view of the same elements, in the same order, under another shape: any where they are contiguous, otherwise
  /// one that only adds or removes axes of extent 1. Nil asks for a copy.
  func reshaped(to target: Shape) -> Layout? {
    if isContiguous {
      var result = Layout(contiguous: target)
      result.offset = offset
      return result
    }
    var result = Layout(shape: target, strides: InlineArray(repeating: 0), offset: offset)
    var old = 0
    for new in 0..<target.rank where target.dims[new] != 1 {
      while old < shape.rank, shape.dims[old] == 1 { old += 1 }
      guard old < shape.rank, shape.dims[old] == target.dims[new] else { return nil }
      result.strides[new] = strides[old]
      old += 1
    }
    while old < shape.rank {
      guard shape.dims[old] == 1 else { return nil }
      old += 1
    }
    return result
  }
}
