import CKernels

extension Tensor {
  /// What one step of Adam needs to know.
  public struct AdamStep: Sendable {
    /// The decay rates of the moments, and what is added to the root of the second.
    public let beta1, beta2, epsilon: Double
    /// The learning rate, and the weight decay it multiplies.
    public let rate, weightDecay: Double
    /// 1 - β^t for each moment after t steps.
    public let correction1, correction2: Double

    /// Constants of step `t`, counted from 1.
    public init(
      beta1: Double, beta2: Double, epsilon: Double, rate: Double, weightDecay: Double, correction1: Double,
      correction2: Double
    ) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.rate = rate
      self.weightDecay = weightDecay
      self.correction1 = correction1
      self.correction2 = correction2
    }
  }

  /// Takes `parameter` through one step of Adam with decoupled decay (Kingma and Ba 2015; Loshchilov and Hutter 2019): with g the gradient,
  /// m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²,  p ← (1 - η λ) p - η (m / c₁) / (sqrt(v / c₂) + ε).
  ///
  /// One pass over memory: parameter and moments are changed where they lie when nobody else holds them. Where a derivative follows the
  /// parameter, the gradient or a moment, it is written out in differentiable operations instead.
  /// - Throws: `shapeMismatch` when the four shapes differ.
  public static func adamStep(
    _ step: AdamStep, _ parameter: inout Tensor, gradient: Tensor, first: inout Tensor, second: inout Tensor
  ) throws {
    let (shape, dtype) = (parameter.shape, parameter.dtype)
    guard gradient.shape == shape, first.shape == shape, second.shape == shape else {
      throw TensorError(
        .shapeMismatch, in: "adam",
        "parameter \(shape), gradient \(gradient.shape), moments \(first.shape) and \(second.shape)",
        shapes: [shape, gradient.shape, first.shape, second.shape], help: "all four have one shape")
    }
    let isFollowed =
      recordedTrace(parameter) | recordedTrace(gradient) | recordedTrace(first) | recordedTrace(second)
    guard isFollowed == 0, dtype.isFloating, gradient.dtype == dtype, first.dtype == dtype,
      second.dtype == dtype
    else {
      first = try first * step.beta1 + gradient * (1 - step.beta1)
      second = try second * step.beta2 + gradient.square() * (1 - step.beta2)
      let root = try second.sqrt() * (1 / step.correction2.squareRoot())
      parameter =
        try parameter * (1 - step.rate * step.weightDecay)
        - first / (root + step.epsilon) * (step.rate / step.correction1)
      return
    }
    let g = try gradient.contiguous(in: "adam")
    try makeOwn(&parameter)
    try makeOwn(&first)
    try makeOwn(&second)
    let constants = FaaAdam(
      beta1: step.beta1, beta2: step.beta2, epsilon: step.epsilon, rate: step.rate,
      correction1: step.correction1, root2: step.correction2.squareRoot(),
      keep: 1 - step.rate * step.weightDecay)
    _ = faa_adam(
      dtype.kernel, parameter.count, constants, g.pointer, parameter.pointer, first.pointer, second.pointer)
  }
}
