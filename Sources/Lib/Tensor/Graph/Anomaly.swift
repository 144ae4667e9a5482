import CKernels

/// Runs `body` and stops at the first operation whose result holds a NaN or an infinity, in the computation itself or in a derivative
/// of it, on this thread. Costs a look at every element of every result.
/// - Throws: `notFinite` naming the operation, the shape and the first such element; whatever `body` throws.
public func detectAnomaly<R>(_ body: () throws -> R) throws -> R {
  try observing(FAA_SEARCHED, body)
}

/// Runs `body` while this thread also does this with every result.
func observing<R>(_ what: Int, _ body: () throws -> R) throws -> R {
  let before = faa_thread().pointee.observed
  faa_thread().pointee.observed |= UInt8(what)
  defer { faa_thread().pointee.observed = before }
  return try body()
}

/// Called with every result. Throws where results are searched and this one holds a NaN or an infinity: the operations before it held
/// none, so it is the first.
@inline(__always)
func inspect(_ result: Tensor, _ name: String) throws {
  if faa_thread().pointee.observed != 0 { try observe(result, name) }
}

@inline(never)
private func observe(_ result: Tensor, _ name: String) throws {
  let observed = Int(faa_thread().pointee.observed)
  if observed & FAA_TIMED != 0 { OperationTimes.current?.note(name, result) }
  if observed & FAA_SEARCHED != 0 { try searchForAnomaly(result, name) }
}

private func searchForAnomaly(_ result: Tensor, _ name: String) throws {
  guard result.dtype.isFloating else { return }
  let elements = try result.contiguous(in: name)
  let position = faa_first_not_finite(elements.dtype.kernel, elements.count, elements.pointer)
  guard position >= 0 else { return }
  let value =
    elements.dtype == .f32
    ? Double(elements.pointer.load(fromByteOffset: position * 4, as: Float.self))
    : elements.pointer.load(fromByteOffset: position * 8, as: Double.self)
  var place: [String] = []
  var rest = position
  for axis in stride(from: result.rank - 1, through: 0, by: -1) {
    place.insert(String(rest % result.shape[axis]), at: 0)
    rest /= result.shape[axis]
  }
  let at = place.isEmpty ? "" : " at [\(place.joined(separator: ", "))]"
  throw TensorError(
    .notFinite, in: name, "gave \(value)\(at) of a result of shape \(result.shape)", shapes: [result.shape],
    help: "no operation before it did; look at its operands there")
}

extension TensorError {
  /// The same error, met while the derivative of `primitive` was computed.
  func inDerivative(of primitive: String) -> TensorError {
    var error = self
    if !message.contains("in the derivative of") { error.message += ", in the derivative of \(primitive)" }
    return error
  }
}
