import Autodiff
import Tensor

/// The value of a loss of a model, and its gradient as a model of the same type.
public func valueAndGrad<Model: Layer>(
  of model: Model, _ loss: (Model) throws -> Tensor
) throws -> (value: Tensor, gradient: Model) {
  let (value, gradients) = try valueAndGrad(at: model.parameters().map(\.value)) { leaves in
    try loss(model.replacingParameters(with: leaves))
  }
  return (value, try model.replacingParameters(with: gradients))
}

/// The value of a loss of a model, and its gradient as a model of the same type, where the loss runs layers in training: what they
/// change on the way, such as running statistics, is kept in `model`; its parameters stay as they are.
///
///     let (loss, gradient) = try valueAndGrad(updating: &model) { model in
///       try crossEntropy(model.forward(images, training: true), labels)
///     }
public func valueAndGrad<Model: Layer>(
  updating model: inout Model, _ loss: (inout Model) throws -> Tensor
) throws -> (value: Tensor, gradient: Model) {
  var buffers: [Tensor] = []
  let result = try valueAndGrad(of: model) { recorded in
    var recorded = recorded
    let value = try loss(&recorded)
    buffers = try recorded.buffers().map(\.value.detached)
    return value
  }
  model = try model.replacingBuffers(with: buffers)
  return result
}

/// The names of the parameters that a loss of the model does not depend on.
public func unusedParameters<Model: Layer>(
  of model: Model, _ loss: (Model) throws -> Tensor
) throws -> [String] {
  let parameters = try model.parameters()
  let used = try dependencies(at: parameters.map(\.value)) { try loss(model.replacingParameters(with: $0)) }
  return zip(parameters, used).filter { !$0.1 }.map(\.0.name)
}
