import Tensor

/// Which mini-batches the products of one solve see.
public enum BatchPolicy: String, CaseIterable, Sendable {
  /// All of them in every product.
  case full
  /// One, drawn once and used for every term: cheap and biased, since E[(I - γ H_i)^k] is not (I - γ E[H_i])^k.
  case same
  /// Another, drawn independently for each product: unbiased for the series' partial sums.
  case fresh
}

/// The draws of one solve.
struct BatchDraws {
  let policy: BatchPolicy
  /// The batches drawn so far, in order.
  private(set) var drawn: [Int] = []
  private let count: Int
  private var stream: RandomStream

  init(_ policy: BatchPolicy, count: Int, seed: UInt64) {
    self.policy = policy
    self.count = count
    stream = RandomStream(seed: seed, stream: 0x626174)
  }

  /// The batch of the next product; nil for the whole.
  mutating func next() -> Int? {
    switch policy {
    case .full: return nil
    case .same:
      if drawn.isEmpty { drawn.append(stream.int(below: count)) }
    case .fresh: drawn.append(stream.int(below: count))
    }
    return drawn.last
  }
}
