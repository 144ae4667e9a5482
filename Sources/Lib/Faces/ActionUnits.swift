/// A geometric control of the face: what action units push on. Lengths are in face units (half a face height
/// is about 1), x outwards from the midline, y downwards; fold controls are depths in 0...1.
enum Control: Int, CaseIterable, Sendable {
  case browInnerX, browInnerY, browMidY, browOuterY
  case upperLid, lowerLid, lidOpening
  case cheekRaise
  case noseBaseY, noseWing
  case upperLipY, lowerLipY, cornerX, cornerY, lipThickness, lowerLipThickness, mouthGap
  case jawDrop, chinBoss
  case foreheadCentral, foreheadLateral, glabella, noseRoot, crowsFeet, nasolabial
  case dimple, cornerFold, stretchFold, chinFold

  /// Controls that multiply a length (neutral value 1); all others are added to one (neutral value 0).
  var isFactor: Bool {
    switch self {
    case .lidOpening, .lipThickness, .lowerLipThickness: true
    default: false
    }
  }

  /// The iBUG landmarks (zero-based) that this control can move in a frontal view; folds move none.
  var landmarks: [Int] {
    switch self {
    case .browInnerX, .browInnerY, .browMidY, .browOuterY: Array(17..<27)
    case .upperLid: [37, 38, 43, 44]
    case .lowerLid: [40, 41, 46, 47]
    case .lidOpening: [37, 38, 43, 44]
    case .noseBaseY: Array(27..<36)
    case .noseWing: [31, 32, 34, 35]
    case .upperLipY, .lowerLipY, .cornerX, .cornerY, .lipThickness, .lowerLipThickness, .mouthGap:
      Array(48..<68)
    case .jawDrop: Array(0..<17)
    default: []
    }
  }
}

/// One consequence of an action unit at full intensity: an amount added to a control, or the share taken off
/// a factor (`1 - amount * a`).
struct Effect: Sendable {
  let control: Control
  let amount: Float
  init(_ control: Control, _ amount: Float) {
    self.control = control
    self.amount = amount
  }
}

/// A facial action unit of the Facial Action Coding System: its code, its name and what it does to the face.
public struct ActionUnit: Sendable {
  /// The FACS number, e.g. 12.
  public let code: Int
  /// The FACS name, e.g. "Lip corner puller".
  public let name: String
  let effects: [Effect]

  init(_ code: Int, _ name: String, _ effects: Effect...) {
    self.code = code
    self.name = name
    self.effects = effects
  }

  /// Every action unit the generator draws, ordered by code. A row of this table is the whole definition of
  /// one action unit; label columns, intensities and effects follow this order.
  public static let all: [ActionUnit] = [
    ActionUnit(
      1, "Inner brow raiser", .init(.browInnerY, -0.13), .init(.browMidY, -0.05), .init(.foreheadCentral, 1)),
    ActionUnit(
      2, "Outer brow raiser", .init(.browOuterY, -0.12), .init(.browMidY, -0.09), .init(.browInnerY, -0.01),
      .init(.foreheadLateral, 1)),
    ActionUnit(
      4, "Brow lowerer", .init(.browInnerY, 0.09), .init(.browInnerX, -0.045), .init(.browMidY, 0.06),
      .init(.browOuterY, 0.02), .init(.glabella, 1)),
    ActionUnit(5, "Upper lid raiser", .init(.upperLid, 0.055)),
    ActionUnit(
      6, "Cheek raiser", .init(.cheekRaise, 1), .init(.lowerLid, -0.024), .init(.upperLid, -0.008),
      .init(.crowsFeet, 1), .init(.browOuterY, 0.012)),
    ActionUnit(7, "Lid tightener", .init(.lowerLid, -0.035), .init(.upperLid, -0.018)),
    ActionUnit(
      9, "Nose wrinkler", .init(.noseBaseY, -0.035), .init(.noseWing, 0.08), .init(.browInnerY, 0.03),
      .init(.upperLipY, -0.03), .init(.noseRoot, 0.6)),
    ActionUnit(
      10, "Upper lip raiser", .init(.upperLipY, -0.06), .init(.noseBaseY, -0.015), .init(.nasolabial, 0.7)),
    ActionUnit(11, "Nasolabial deepener", .init(.nasolabial, 1), .init(.upperLipY, -0.012)),
    ActionUnit(
      12, "Lip corner puller", .init(.cornerX, 0.09), .init(.cornerY, -0.09), .init(.lipThickness, 0.2),
      .init(.cheekRaise, 0.7), .init(.nasolabial, 0.8), .init(.noseWing, 0.06)),
    ActionUnit(14, "Dimpler", .init(.cornerX, -0.02), .init(.dimple, 1)),
    ActionUnit(
      15, "Lip corner depressor", .init(.cornerY, 0.085), .init(.cornerX, -0.012), .init(.cornerFold, 1)),
    ActionUnit(
      16, "Lower lip depressor", .init(.lowerLipY, 0.05), .init(.lowerLipThickness, 0.15),
      .init(.chinFold, 0.4)),
    ActionUnit(17, "Chin raiser", .init(.lowerLipY, -0.035), .init(.chinBoss, 1), .init(.chinFold, 1)),
    ActionUnit(18, "Lip pucker", .init(.cornerX, -0.09), .init(.lipThickness, -0.25)),
    ActionUnit(
      20, "Lip stretcher", .init(.cornerX, 0.10), .init(.cornerY, 0.02), .init(.lipThickness, 0.25),
      .init(.stretchFold, 1)),
    ActionUnit(23, "Lip tightener", .init(.lipThickness, 0.5), .init(.cornerX, -0.02)),
    ActionUnit(24, "Lip pressor", .init(.lipThickness, 0.6), .init(.cornerX, -0.03)),
    ActionUnit(25, "Lips part", .init(.mouthGap, 0.065)),
    ActionUnit(26, "Jaw drop", .init(.mouthGap, 0.10), .init(.jawDrop, 0.12), .init(.cornerY, 0.03)),
    ActionUnit(27, "Mouth stretch", .init(.mouthGap, 0.26), .init(.jawDrop, 0.24), .init(.cornerX, -0.03)),
    ActionUnit(28, "Lip suck", .init(.lipThickness, 0.85), .init(.cornerX, -0.01)),
    ActionUnit(43, "Eyes closed", .init(.lidOpening, 1)),
  ]

  /// The number of action units, the width of every action-unit table.
  public static let count = all.count

  /// The column of a FACS code, or nil when the generator does not draw it.
  public static func column(_ code: Int) -> Int? {
    code >= 0 && code < columns.count ? columns[code] : nil
  }

  private static let columns: [Int?] = {
    var table = [Int?](repeating: nil, count: 44)
    for (column, unit) in all.enumerated() { table[unit.code] = column }
    return table
  }()

  /// The landmarks (zero-based, iBUG order) this unit can move in a frontal view.
  public var landmarks: Set<Int> { Set(effects.flatMap { $0.control.landmarks }) }
}

/// Muscle activity of one face: one amplitude in 0...1 per action unit and side. In each pair `x` is the half
/// at the left of the image and `y` the half at the right.
public struct Activation: Sendable, Equatable {
  /// Amplitudes in the order of ``ActionUnit/all``.
  public var sides: [SIMD2<Float>]

  /// A face at rest.
  public init() { sides = Array(repeating: .zero, count: ActionUnit.count) }

  /// The stronger side of each unit: what an annotator codes.
  public var amplitudes: [Float] { sides.map { Swift.max($0.x, $0.y) } }

  /// Sets both sides of the unit with this FACS code; a code outside ``ActionUnit/all`` throws.
  public mutating func set(_ code: Int, to amplitude: Float) throws(FacesError) {
    guard let column = ActionUnit.column(code) else { throw .unknownActionUnit(code) }
    sides[column] = SIMD2(repeating: amplitude)
  }

  /// The rules of co-occurrence: an open jaw (26, 27) parts the lips (25 at least .4), and parted lips are
  /// not pressed (24).
  public mutating func applyRules() {
    let parted = Self.parted
    let open = max(sides[Self.jawDrop].max(), sides[Self.mouthStretch].max())
    if open > 0 { sides[parted] = SIMD2(repeating: max(sides[parted].max(), 0.4)) }
    if sides[parted].max() > 0 { sides[Self.pressed] = .zero }
  }

  private static let pressed = ActionUnit.all.firstIndex { $0.code == 24 } ?? 0
  private static let parted = ActionUnit.all.firstIndex { $0.code == 25 } ?? 0
  private static let jawDrop = ActionUnit.all.firstIndex { $0.code == 26 } ?? 0
  private static let mouthStretch = ActionUnit.all.firstIndex { $0.code == 27 } ?? 0
}

/// The value of every control on both sides (image left in `x`, image right in `y`).
struct Controls {
  private var values: InlineArray<32, SIMD2<Float>>

  /// Adds up the table for an activation; `exaggeration` multiplies the amplitudes, in geometry only.
  init(_ activation: Activation, exaggeration: Float) {
    values = InlineArray(repeating: .zero)
    for control in Self.factors { values[control.rawValue] = SIMD2(repeating: 1) }
    for (unit, sides) in zip(ActionUnit.all, activation.sides) where sides != .zero {
      let strength = sides * exaggeration
      for effect in unit.effects {
        if effect.control.isFactor {
          let factor = SIMD2<Float>(repeating: 1) - effect.amount * strength
          values[effect.control.rawValue] *= factor.clamped(
            lowerBound: .zero, upperBound: .init(repeating: 2))
        } else {
          values[effect.control.rawValue] += effect.amount * strength
        }
      }
    }
  }

  /// Both sides of a control.
  subscript(control: Control) -> SIMD2<Float> { values[control.rawValue] }

  /// One side of a control: 0 is the left of the image, 1 the right.
  subscript(control: Control, side: Int) -> Float { values[control.rawValue][side] }

  /// The mean of both sides, for what sits on the midline.
  func mean(_ control: Control) -> Float { values[control.rawValue].sum() * 0.5 }

  private static let factors = Control.allCases.filter(\.isFactor)
}
