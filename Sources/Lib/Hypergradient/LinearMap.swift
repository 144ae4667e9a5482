import Tensor

/// A square linear map known only by its products, such as a Hessian.
public final class LinearMap {
  /// What is known of the map's symmetry.
  public enum Symmetry: Sendable {
    /// u·Av = v·Au, by construction.
    case symmetric
    /// Known not to be symmetric.
    case general
    /// To be found out by a test with two random vectors.
    case unknown
  }

  /// What is known of the map's symmetry.
  public private(set) var symmetry: Symmetry
  /// The number of products taken so far.
  public private(set) var productCount = 0
  private let product: ([Tensor]) throws -> [Tensor]
  private let transposedProduct: (([Tensor]) throws -> [Tensor])?
  /// The map that a random one is on average, where each product is with another: what a step is chosen by.
  let mean: LinearMap?
  /// The step of a series that the map comes with: 1 for the I - J of an iteration with the Jacobian J.
  let naturalStep: Double?

  /// The map v -> `product(v)`, and its transpose where it is known.
  public init(
    symmetry: Symmetry = .unknown, transposed: (([Tensor]) throws -> [Tensor])? = nil,
    mean: LinearMap? = nil, naturalStep: Double? = nil, _ product: @escaping ([Tensor]) throws -> [Tensor]
  ) {
    self.symmetry = symmetry
    self.product = product
    transposedProduct = transposed
    self.mean = mean
    self.naturalStep = naturalStep
  }

  /// The map of a matrix. Throws `shapeMismatch` unless it is square.
  public convenience init(matrix: Tensor, symmetry: Symmetry = .unknown) throws {
    guard matrix.rank == 2, matrix.shape[0] == matrix.shape[1] else {
      throw HypergradientError(
        .shapeMismatch, in: "linear map", "a matrix of shape \(matrix.shape) is not square")
    }
    let transpose = try matrix.transposed()
    self.init(symmetry: symmetry, transposed: { [try transpose.matmul($0[0]).detached] }) {
      [try matrix.matmul($0[0]).detached]
    }
  }

  /// A v.
  public func callAsFunction(_ v: [Tensor]) throws -> [Tensor] {
    productCount += 1
    return try product(v)
  }

  /// A^T v. Throws `invalidArgument` where neither symmetry nor a transpose is known.
  public func transposed(_ v: [Tensor]) throws -> [Tensor] {
    if symmetry == .symmetric { return try self(v) }
    guard let transposedProduct else {
      throw HypergradientError(
        .invalidArgument, in: "linear map", "products with the transpose are not known", help: "use gmres()")
    }
    productCount += 1
    return try transposedProduct(v)
  }

  /// A + δ I.
  public func shifted(by delta: Double) -> LinearMap {
    if delta == 0 { return self }
    return LinearMap(
      symmetry: symmetry, transposed: { try self.transposed($0).adding(delta, $0) },
      mean: mean?.shifted(by: delta), naturalStep: naturalStep
    ) { try self($0).adding(delta, $0) }
  }

  /// This map, whose products throw `invalidArgument` in `operation` once one shows a curvature below `strongConvexity`, which the caller took
  /// for proven.
  func refuting(_ strongConvexity: Double?, in operation: String) -> LinearMap {
    guard let strongConvexity, symmetry == .symmetric else { return self }
    return LinearMap(symmetry: .symmetric) { v in
      let image = try self(v)
      let square = try v.dot(v)
      let curvature = try square > 0 ? v.dot(image) / square : .infinity
      guard curvature > strongConvexity * (1 - 1e3 * v.epsilon.squareRoot()) else {
        throw HypergradientError(
          .invalidArgument, in: operation,
          "strongConvexity \(brief(strongConvexity)) is refuted: a product shows the curvature \(brief(curvature))",
          help: "it is a proven lower bound of the Hessian's spectrum, such as twice a ridge's factor")
      }
      return image
    }
  }

  /// Whether u·Av = v·Au, tested (two products) where it is not declared.
  public func isSymmetric(like b: [Tensor]) throws -> Bool {
    if symmetry == .unknown {
      // Of random vectors that of an unsymmetric matrix falls with the root of its size, rounding leaves a few units.
      symmetry = try asymmetry(like: b) < max(1e3 * b.epsilon, 1e-9) ? .symmetric : .general
    }
    return symmetry == .symmetric
  }

  /// |u·Av - v·Au| / (|Au| |v| + |Av| |u|) for two random vectors.
  func asymmetry(like b: [Tensor], seed: UInt64 = 1) throws -> Double {
    var stream = RandomStream(seed: seed, stream: 0x73796d)
    let u = try b.random(&stream)
    let v = try b.random(&stream)
    let (au, av) = (try self(u), try self(v))
    let scale = try au.norm() * v.norm() + av.norm() * u.norm()
    return scale > 0 ? abs(try u.dot(av) - v.dot(au)) / scale : 0
  }
}
