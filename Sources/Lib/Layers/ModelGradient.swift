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

/// The names of the parameters that a loss of the model does not depend on.
public func unusedParameters<Model: Layer>(
  of model: Model, _ loss: (Model) throws -> Tensor
) throws -> [String] {
  let parameters = try model.parameters()
  let used = try dependencies(at: parameters.map(\.value)) { try loss(model.replacingParameters(with: $0)) }
  return zip(parameters, used).filter { !$0.1 }.map(\.0.name)
}
