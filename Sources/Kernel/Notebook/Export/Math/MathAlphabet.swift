/// Fonts of letters in formulas. MathML Core draws them as characters of their own, not by an attribute.
enum MathAlphabet {
  case italic, upright, bold, boldItalic, doubleStruck, script, fraktur, sansSerif, monospace

  /// The command that switches to each font.
  static let commands: [String: MathAlphabet] = [
    "mathit": .italic, "mathnormal": .italic, "mathrm": .upright, "mathbf": .bold, "boldsymbol": .boldItalic,
    "bm": .boldItalic, "mathbb": .doubleStruck, "mathcal": .script, "mathscr": .script, "mathfrak": .fraktur,
    "mathsf": .sansSerif, "mathtt": .monospace,
  ]

  /// The letter or digit in this font; characters the font lacks stay as they are.
  func styled(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    if let exception = exceptions[scalar] { return exception }
    let value = scalar.value
    let offset: UInt32?
    switch value {
    case 65...90: offset = bases.upper.map { $0 + value - 65 }
    case 97...122: offset = bases.lower.map { $0 + value - 97 }
    case 48...57: offset = bases.digit.map { $0 + value - 48 }
    case 0x391...0x3A9: offset = bases.greekUpper.map { $0 + value - 0x391 }
    case 0x3B1...0x3C9: offset = bases.greekLower.map { $0 + value - 0x3B1 }
    default: offset = nil
    }
    return offset.flatMap(Unicode.Scalar.init) ?? scalar
  }

  private typealias Bases = (
    upper: UInt32?, lower: UInt32?, digit: UInt32?, greekUpper: UInt32?, greekLower: UInt32?
  )

  /// First code points in the block Mathematical Alphanumeric Symbols.
  private var bases: Bases {
    switch self {
    case .italic, .upright: return (nil, nil, nil, nil, nil)
    case .bold: return (0x1D400, 0x1D41A, 0x1D7CE, 0x1D6A8, 0x1D6C2)
    case .boldItalic: return (0x1D468, 0x1D482, 0x1D7CE, 0x1D71C, 0x1D736)
    case .doubleStruck: return (0x1D538, 0x1D552, 0x1D7D8, nil, nil)
    case .script: return (0x1D49C, 0x1D4B6, nil, nil, nil)
    case .fraktur: return (0x1D504, 0x1D51E, nil, nil, nil)
    case .sansSerif: return (0x1D5A0, 0x1D5BA, 0x1D7E2, nil, nil)
    case .monospace: return (0x1D670, 0x1D68A, 0x1D7F6, nil, nil)
    }
  }

  /// Letters that Unicode had before the block; the block leaves holes in their places.
  private var exceptions: [Unicode.Scalar: Unicode.Scalar] {
    switch self {
    case .doubleStruck: return ["C": "ℂ", "H": "ℍ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"]
    case .script:
      return [
        "B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ", "e": "ℯ", "g": "ℊ",
        "o": "ℴ",
      ]
    case .fraktur: return ["C": "ℭ", "H": "ℌ", "I": "ℑ", "R": "ℜ", "Z": "ℨ"]
    default: return [:]
    }
  }
}
