extension Text {
  /// Terminal columns of a line that may hold our own colour sequences.
  static func visibleColumns(_ line: String) -> Int {
    var visible = ""
    var isEscape = false
    for scalar in line.unicodeScalars {
      if scalar == "\u{1B}" {
        isEscape = true
      } else if isEscape {
        isEscape = scalar != "m"
      } else {
        visible.unicodeScalars.append(scalar)
      }
    }
    return columns(visible)
  }

  /// The text in printable ASCII: the symbols our labels use are spelled out, anything else becomes `?`.
  static func ascii(_ text: String) -> String {
    let spelled: [Unicode.Scalar: String] = [
      "−": "-", "×": "x", "…": "...", "·": ".", "∞": "inf", "⁻": "-", "⁰": "0", "¹": "1", "²": "2", "³": "3",
      "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "–": "-", "—": "-", "’": "'",
    ]
    var result = ""
    var wasSuperscript = false
    for scalar in text.unicodeScalars {
      let isSuperscript = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹".unicodeScalars.contains(scalar)
      if isSuperscript, !wasSuperscript { result += "^" }
      wasSuperscript = isSuperscript
      if scalar.isASCII { result.unicodeScalars.append(scalar) } else { result += spelled[scalar] ?? "?" }
    }
    return result
  }
}

extension Figure {
  /// A picture that `text(width:height:style:)` made, for a terminal that shows ASCII alone: dots become `*`, blocks `#`, lines `-`, `|`
  /// and `+`.
  public static func ascii(_ picture: String) -> String {
    let drawn = picture.unicodeScalars.reduce(into: String.UnicodeScalarView()) { result, scalar in
      switch scalar {
      case "\u{2800}": result.append(" ")
      case "\u{2801}"..."\u{28FF}": result.append("*")
      case "─", "┄": result.append("-")
      case "│", "┆": result.append("|")
      case "\u{2500}"..."\u{257F}": result.append("+")
      case "\u{2580}"..."\u{259F}": result.append("#")
      default: result.append(scalar)
      }
    }
    return Text.ascii(String(drawn))
  }
}
