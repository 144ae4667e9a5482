import Tensor

/// The classes of the expression label, in the order of their codes 0...7.
public enum Expression: Int, CaseIterable, Sendable {
  case neutral, happy, sad, surprise, fear, disgust, anger, contempt

  /// The class name, e.g. "happy".
  public var name: String { String(describing: self) }

  /// All names in the order of the codes.
  public static var names: [String] { allCases.map(\.name) }
}

/// An emotion as a set of independent action units with their probabilities, and its place in the plane of
/// valence and arousal. Probabilities after Du, Tao and Martinez, PNAS 2014 (units shown by more
/// than 70% of people are set to .75 ... .97); contempt after EMFACS; pain after the units of the PSPI.
public struct Prototype: Sendable {
  /// The name: an ``Expression`` or "pain".
  public let name: String
  /// Its place at full intensity, each in -1...1.
  public let valence, arousal: Float
  /// The probability of each unit of ``ActionUnit/all``; units that do not belong to the prototype have
  /// ``background``.
  public let probabilities: [Float]
  let members: Set<Int>

  /// How often a unit shows that has nothing to do with the expression.
  public static let background: Float = 0.03

  private init(_ name: String, _ valence: Float, _ arousal: Float, _ units: [(code: Int, probability: Float)])
  {
    self.name = name
    self.valence = valence
    self.arousal = arousal
    var row = [Float](repeating: Self.background, count: ActionUnit.count)
    var members = Set<Int>()
    for unit in units {
      guard let column = ActionUnit.column(unit.code) else { continue }
      row[column] = unit.probability
      members.insert(column)
    }
    probabilities = row
    self.members = members
  }

  /// The eight expressions in the order of their codes, then pain.
  public static let all: [Prototype] = [
    Prototype("neutral", 0, 0, []),
    Prototype("happy", 0.80, 0.45, [(12, 0.97), (25, 0.80), (6, 0.51)]),
    Prototype("sad", -0.65, -0.35, [(4, 0.85), (15, 0.85), (1, 0.60), (6, 0.50), (17, 0.67), (11, 0.26)]),
    Prototype("surprise", 0.20, 0.75, [(1, 0.92), (2, 0.92), (25, 0.90), (26, 0.85), (5, 0.66)]),
    Prototype(
      "fear", -0.55, 0.75, [(1, 0.90), (4, 0.85), (20, 0.85), (25, 0.85), (5, 0.63), (2, 0.57), (26, 0.33)]),
    Prototype("disgust", -0.65, 0.35, [(9, 0.75), (10, 0.85), (17, 0.75), (4, 0.31), (24, 0.26)]),
    Prototype("anger", -0.55, 0.65, [(4, 0.95), (7, 0.85), (24, 0.75), (17, 0.52), (23, 0.29), (10, 0.26)]),
    Prototype("contempt", -0.45, 0.25, [(14, 0.90), (12, 0.35)]),
    Prototype("pain", -0.60, 0.50, [(4, 0.80), (6, 0.70), (7, 0.70), (9, 0.50), (10, 0.50), (43, 0.40)]),
  ]

  /// The index of pain in ``all``.
  public static let pain = 8
}

/// How a set of faces was elicited.
public enum Elicitation: String, CaseIterable, Sendable {
  /// Strong expressions on request: mean intensity .65.
  case posed
  /// Weak everyday expressions: mean intensity .35.
  case spontaneous
  /// Pain or nothing: five of six faces show none of its units, so that their PSPI is 0.
  case pain
}

/// What a face was asked to do: the prototype or the blend of two, and the resulting muscle activity.
struct Performance {
  var first: Int
  var second: Int
  /// The share of the first prototype; 1 without blend.
  var share: Float
  var intensity: Float
  var activation: Activation

  /// Draws a performance. A share `ambiguity` of the samples is a blend of two prototypes or so weak that it
  /// is hard to tell.
  init(random: inout RandomStream, elicitation: Elicitation, ambiguity: Float) {
    func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * Float(random.uniform()) }
    func normal(_ mean: Float, _ deviation: Float) -> Float { mean + deviation * Float(random.normal()) }

    first = random.int(below: Expression.allCases.count)
    let other = random.int(below: Expression.allCases.count - 2)
    if elicitation == .pain { first = random.uniform() < 0.83 ? 0 : Prototype.pain }
    let mean: Float = elicitation == .posed ? 0.65 : 0.35
    intensity = min(max(normal(mean, 0.25), 0.15), 1)
    second = first
    share = 1
    let ambiguous = random.uniform() < Double(ambiguity)
    let blended = random.uniform() < 0.5
    let mixture = uniform(0.4, 0.6)
    let faint = uniform(0.12, 0.3)
    if ambiguous && first != 0 {
      if blended && first != Prototype.pain {
        // Any other expression except neutral.
        second = 1 + (first - 1 + 1 + other % 6) % 7
        share = mixture
      } else {
        intensity = faint
      }
    }

    activation = Activation()
    var one = Self.amplitudes(of: first, intensity: intensity, random: &random)
    if elicitation == .pain && first == 0 {
      for column in Prototype.all[Prototype.pain].members { one[column] = 0 }
    }
    let two = Self.amplitudes(of: second, intensity: intensity, random: &random)
    for column in activation.sides.indices {
      let a = one[column] * min(1, share / 0.6)
      let b = share < 1 ? two[column] * min(1, (1 - share) / 0.6) : 0
      let weaker = max(a, b) * (1 - min(0.4, abs(normal(0, 0.1))))
      let onLeft = random.uniform() < 0.5
      activation.sides[column] = onLeft ? SIMD2(max(a, b), weaker) : SIMD2(weaker, max(a, b))
    }
    makeUnilateral(&random)
    activation.applyRules()
  }

  private static func amplitudes(of prototype: Int, intensity: Float, random: inout RandomStream) -> [Float] {
    let row = Prototype.all[prototype]
    return row.probabilities.enumerated().map { column, probability in
      let shown = random.uniform() < Double(probability)
      let jitter = Float(random.normal())
      guard shown else { return 0 }
      let amplitude = row.members.contains(column) ? intensity * (1 + 0.25 * jitter) : 0.35 + 0.15 * jitter
      return min(max(amplitude, 0.12), 1)
    }
  }

  /// Smiles and dimples are one-sided now and then, and nearly always in contempt.
  private mutating func makeUnilateral(_ random: inout RandomStream) {
    let contempt = first == Expression.contempt.rawValue
    let onLeft = random.uniform() < 0.5
    for code in [12, 14] {
      let oneSided = random.uniform() < (contempt ? 0.9 : 0.1)
      guard oneSided, let column = ActionUnit.column(code) else { continue }
      let amplitude = activation.sides[column].max()
      activation.sides[column] = onLeft ? SIMD2(amplitude, 0) : SIMD2(0, amplitude)
    }
  }
}
