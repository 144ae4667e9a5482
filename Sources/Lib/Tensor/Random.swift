import CKernels

/// A stream of random numbers that is a pure function of (seed, stream, draw): the same on every machine and for every
/// number of threads. Philox4x32-10.
public struct RandomStream: Sendable {
  /// The key.
  public let seed: UInt64
  /// Streams of one seed are independent.
  public let stream: UInt64
  /// How many numbers have been drawn.
  public private(set) var draw: UInt64

  /// The stream `stream` of `seed`, from its first number.
  ///
  /// - Parameter draw: how many numbers count as drawn, to go on where another stream was.
  public init(seed: UInt64, stream: UInt64 = 0, draw: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
    self.draw = draw
  }

  /// 64 random bits.
  public mutating func nextUInt64() -> UInt64 {
    var words: (UInt32, UInt32) = (0, 0)
    withUnsafeMutableBytes(of: &words) { bytes in
      if let base = bytes.baseAddress {
        faa_random_words(seed, stream, draw &* 2, base.assumingMemoryBound(to: UInt32.self), 2)
      }
    }
    draw &+= 1
    return UInt64(words.0) << 32 | UInt64(words.1)
  }

  /// Uniform in [0, 1).
  public mutating func uniform() -> Double { Double(nextUInt64() >> 11) * 0x1p-53 }

  /// Standard normal.
  public mutating func normal() -> Double {
    var value = 0.0
    faa_random_normal(.init(rawValue: DType.f64.rawValue), seed, stream, draw, &value, 1)
    draw &+= 1
    return value
  }

  /// Uniform in 0..<bound, without bias. `bound` must be positive.
  public mutating func int(below bound: Int) -> Int {
    precondition(bound > 0)
    let bound = UInt64(bound)
    // Multiply and shift; the few values that would favour some results are drawn again (Lemire 2019).
    while true {
      let (high, low) = bound.multipliedFullWidth(by: nextUInt64())
      if low >= (0 &- bound) % bound { return Int(high) }
    }
  }

  /// 0..<count in random order.
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, int(below: last + 1)) }
    return order
  }

  /// Uniform numbers in [low, high).
  public mutating func uniforms(
    _ shape: Shape, low: Double = 0, high: Double = 1, dtype: DType = .f32
  ) throws -> Tensor {
    guard low <= high, (high - low).isFinite else {
      throw TensorError(.invalidArgument, in: "rand", "no numbers in [\(low), \(high))")
    }
    let unit = try filled(shape, dtype, in: "rand", faa_random_uniform)
    if low == 0, high == 1 { return unit }
    if low == high { return try .full(shape, low, dtype: dtype) }
    // Rounding may reach the upper limit, which the interval does not contain.
    let nearest = Float(high)
    let last = dtype == .f64 ? high.nextDown : Double(Double(nearest) < high ? nearest : nearest.nextDown)
    return try (unit * (high - low) + low).minimum(unit.weak(last))
  }

  /// Normal numbers with the given mean and standard deviation.
  public mutating func normals(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .f32
  ) throws -> Tensor {
    guard standardDeviation >= 0, mean.isFinite, standardDeviation.isFinite else {
      throw TensorError(
        .invalidArgument, in: "randn", "mean \(mean), standard deviation \(standardDeviation)")
    }
    if mean == 0, standardDeviation == 1 { return try filled(shape, dtype, in: "randn", faa_random_normal) }
    return try filled(shape, dtype, in: "randn", FaaNormal, mean, standardDeviation)
  }

  /// Counts `count` numbers as drawn.
  mutating func advance(_ count: Int) { draw &+= UInt64(count) }

  private mutating func filled(
    _ shape: Shape, _ dtype: DType, in operation: String,
    _ fill: (FaaType, UInt64, UInt64, UInt64, UnsafeMutableRawPointer, Int) -> Void
  ) throws -> Tensor {
    guard dtype.isFloating else {
      throw TensorError(.dtypeMismatch, in: operation, "random numbers of \(dtype)", help: "use f32 or f64")
    }
    let result = try Tensor.uninitialized(shape, dtype: dtype, in: operation)
    // In pieces, so that the user can stop it; a number depends on its position alone.
    for start in stride(from: 0, to: shape.elementCount, by: 1 << 24) {
      try checkInterrupt()
      fill(
        dtype.kernel, seed, stream, draw &+ UInt64(start), result.pointer + start * dtype.size,
        min(1 << 24, shape.elementCount - start))
    }
    advance(shape.elementCount)
    return result
  }
}
