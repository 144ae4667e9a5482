import Tensor

/// `function` of each slice of the arguments along axis 0, the results stacked: the vectorising map. It nests with every transform, so
/// that for example the Jacobian of each row or the Hessian of each sample is one line.
///
/// The slices are run one after the other, each as fast as its own work allows: an operation costs about a tenth of a microsecond
/// beside its arithmetic, so nothing is gained by batching but for products of very small matrices.
/// - mapped: for each argument whether it is cut along axis 0 (all of them by default); the others are given whole to every call.
/// - Throws: `shapeMismatch` where the cut arguments differ in extent, or the results in shape.
public func vmap(
  over arguments: [Tensor], mapped: [Bool]? = nil, _ function: ([Tensor]) throws -> Tensor
) throws -> Tensor {
  let mapped = mapped ?? arguments.map { _ in true }
  guard mapped.count == arguments.count, mapped.contains(true) else {
    throw TensorError(
      .invalidArgument, in: "vmap", "\(mapped.filter { $0 }.count) mapped of \(arguments.count) arguments",
      help: "say for each argument whether it is cut along axis 0; at least one must be")
  }
  let cut = zip(arguments, mapped).filter { $0.1 }.map(\.0)
  guard let extent = cut.first?.shape.first, cut.allSatisfy({ $0.shape.first == extent }), extent > 0 else {
    throw TensorError(
      .shapeMismatch, in: "vmap",
      "cannot be cut alike along axis 0: \(cut.map { "\($0.shape)" }.joined(separator: ", "))",
      shapes: cut.map(\.shape), help: "mapped arguments have one extent, at least 1, along axis 0")
  }
  return try Tensor.stacked(
    (0..<extent).map { index in
      try checkInterrupt()
      return try function(
        zip(arguments, mapped).map { argument, isCut in
          isCut ? try argument.narrowed(axis: 0, start: index, count: 1).squeezed([0]) : argument
        })
    })
}

/// The gradient of each sample's loss by the parameters: for each parameter a tensor (samples, ...its shape). Their mean along axis 0 is
/// the gradient of the mean loss.
/// - batch: tensors cut along axis 0 into samples.
/// - loss: of the parameters and one sample (its tensors without axis 0), one number.
public func perSampleGradients(
  at parameters: [Tensor], over batch: [Tensor],
  _ loss: (_ parameters: [Tensor], _ sample: [Tensor]) throws -> Tensor
) throws -> [Tensor] {
  guard let extent = batch.first?.shape.first, extent > 0, batch.allSatisfy({ $0.shape.first == extent })
  else {
    throw TensorError(
      .shapeMismatch, in: "perSampleGradients",
      "cannot be cut alike along axis 0: \(batch.map { "\($0.shape)" }.joined(separator: ", "))",
      shapes: batch.map(\.shape), help: "all have one extent, at least 1, along axis 0")
  }
  let samples = try (0..<extent).map { index in
    try checkInterrupt()
    let sample = try batch.map { try $0.narrowed(axis: 0, start: index, count: 1).squeezed([0]) }
    return try valueAndGrad(at: parameters) { try loss($0, sample) }.gradients
  }
  return try parameters.indices.map { index in try Tensor.stacked(samples.map { $0[index] }) }
}
