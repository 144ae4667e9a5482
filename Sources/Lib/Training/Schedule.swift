import Tensor

/// How the learning rate moves: a linear rise, then a half cosine down (Loshchilov and Hutter 2017).
public struct CosineSchedule: Sendable {
  /// Steps of the rise, and of the whole run.
  public let warmup, total: Int
  /// The share of the base rate at the end.
  public let minimum: Double

  /// A rise over `warmup` of `total` steps.
  public init(warmup: Int, total: Int, minimum: Double = 0) {
    self.warmup = warmup
    self.total = total
    self.minimum = minimum
  }

  /// The factor of the base rate at a step, counted from 0.
  public func scale(at step: Int) throws -> Double {
    if step < warmup { return Double(step + 1) / Double(warmup) }
    let progress = Double(step - warmup) / Double(max(total - warmup, 1))
    let cosine = try Tensor.scalar(.pi * min(progress, 1), dtype: .f64).cos().item()
    return minimum + (1 - minimum) * 0.5 * (1 + cosine)
  }
}
