/// The extents of a tensor, outermost first. Ranks 0 to 8, kept inline so that an operation allocates nothing for it.
public struct Shape: RandomAccessCollection, Hashable, Sendable {
  /// The largest rank.
  public static let maximumRank = 8

  @usableFromInline var dims: InlineArray<8, Int>
  /// The number of axes.
  public private(set) var rank: Int

  /// The empty shape, of a scalar.
  public init() {
    dims = InlineArray(repeating: 0)
    rank = 0
  }

  /// The shape with the given extents. Throws, in the name of `operation`, for more than eight axes, a negative extent, or a
  /// product beyond `Int.max`.
  public init(_ extents: some Sequence<Int>, in operation: String = "shape") throws {
    self.init()
    var product = 1
    for extent in extents {
      guard rank < Shape.maximumRank else {
        throw TensorError(.invalidArgument, in: operation, "more than \(Shape.maximumRank) axes")
      }
      guard extent >= 0 else {
        throw TensorError(.invalidArgument, in: operation, "negative extent \(extent)")
      }
      let (next, overflow) = product.multipliedReportingOverflow(by: Swift.max(extent, 1))
      guard !overflow, next <= Int.max / 16 else {
        throw TensorError(.outOfMemory, in: operation, "more elements than can be counted")
      }
      product = next
      append(extent)
    }
  }

  mutating func append(_ extent: Int) {
    dims[rank] = extent
    rank += 1
  }

  /// The number of elements of a tensor of this shape. (`count` is a collection's: the number of axes.) `Int.max`, which no
  /// allocation grants, where they cannot be counted: two repeated views may broadcast to such a shape.
  public var elementCount: Int {
    var product = 1
    var isEmpty = false
    for axis in 0..<rank {
      isEmpty = isEmpty || dims[axis] == 0
      let (next, overflow) = product.multipliedReportingOverflow(by: Swift.max(dims[axis], 1))
      if overflow { return .max }
      product = next
    }
    return isEmpty ? 0 : product
  }

  /// The first axis, 0.
  public var startIndex: Int { 0 }
  /// The rank.
  public var endIndex: Int { rank }

  /// The extent of an axis.
  public subscript(axis: Int) -> Int {
    get {
      precondition(axis >= 0 && axis < rank)
      return dims[axis]
    }
    set {
      precondition(axis >= 0 && axis < rank)
      dims[axis] = newValue
    }
  }

  /// Equality of rank and extents.
  public static func == (left: Shape, right: Shape) -> Bool {
    guard left.rank == right.rank else { return false }
    for axis in 0..<left.rank where left.dims[axis] != right.dims[axis] { return false }
    return true
  }

  /// Feeds the extents to the hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(rank)
    for axis in 0..<rank { hasher.combine(dims[axis]) }
  }

  /// The axis that `axis` (negative from the end) names. Throws `indexOutOfRange` naming `operation`.
  public func axis(_ axis: Int, in operation: String) throws -> Int {
    guard axis >= -rank, axis < rank else {
      throw TensorError(
        .indexOutOfRange, in: operation, "axis \(axis) of a tensor of rank \(rank), shape \(self)",
        shapes: [self], help: rank == 0 ? "a scalar has no axes" : "axes run from \(-rank) to \(rank - 1)")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// The sorted, distinct axes that `axes` names; all of them for nil.
  public func axes(_ axes: [Int]?, in operation: String) throws -> [Int] {
    guard let axes else { return Array(0..<rank) }
    let resolved = try axes.map { try axis($0, in: operation) }.sorted()
    for (first, second) in zip(resolved, resolved.dropFirst()) where first == second {
      throw TensorError(.invalidArgument, in: operation, "axis \(first) is named twice", shapes: [self])
    }
    return resolved
  }

  /// The set of axes that `axes` names; all of them for nil.
  func axisSet(_ axes: [Int]?, in operation: String) throws -> AxisSet {
    guard let axes else { return AxisSet(rawValue: UInt8((1 << rank) - 1)) }
    var set = AxisSet()
    for name in axes {
      let axis = try axis(name, in: operation)
      guard !set.contains(axis) else {
        throw TensorError(.invalidArgument, in: operation, "axis \(axis) is named twice", shapes: [self])
      }
      set.insert(axis)
    }
    return set
  }

  /// The shape both operands of an elementwise operation are expanded to, or nil when they do not fit.
  public func broadcast(with other: Shape) -> Shape? {
    if self == other { return self }
    var result = rank >= other.rank ? self : other
    for offset in 1..<(Swift.max(Swift.min(rank, other.rank), 0) + 1) {
      let left = dims[rank - offset]
      let right = other.dims[other.rank - offset]
      guard left == right || left == 1 || right == 1 else { return nil }
      result.dims[result.rank - offset] = left == 1 ? right : left
    }
    return result
  }

  /// The shape with axes removed (or kept with extent 1).
  func removing(_ axes: AxisSet, keep: Bool) -> Shape {
    var result = Shape()
    for axis in 0..<rank {
      if !axes.contains(axis) {
        result.append(dims[axis])
      } else if keep {
        result.append(1)
      }
    }
    return result
  }
}

/// Some axes of a shape, one bit each.
struct AxisSet: Sendable, Equatable {
  private(set) var rawValue: UInt8 = 0

  init(rawValue: UInt8 = 0) { self.rawValue = rawValue }
  init(_ axis: Int) { rawValue = 1 << UInt8(axis) }

  func contains(_ axis: Int) -> Bool { rawValue >> UInt8(axis) & 1 != 0 }
  mutating func insert(_ axis: Int) { rawValue |= 1 << UInt8(axis) }
}

extension Shape: ExpressibleByArrayLiteral {
  /// A literal shape. Meant for constants in the program: at most eight non-negative extents.
  public init(arrayLiteral elements: Int...) {
    self.init()
    precondition(elements.count <= Shape.maximumRank && elements.allSatisfy { $0 >= 0 })
    for extent in elements { append(extent) }
  }
}

extension Shape: CustomStringConvertible {
  /// As NumPy writes it: `()`, `(3,)`, `(64, 128)`.
  public var description: String {
    rank == 1 ? "(\(dims[0]),)" : "(" + map(String.init).joined(separator: ", ") + ")"
  }
}
