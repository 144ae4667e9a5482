import Syntax

/// A record's key as it is written: bare where it is a name, else in quotes.
func written(key: String) -> String { Parser.isName(key) ? key : quoted(key) }

/// A string literal of the language that stands for `text`: line ends, tabs and other control characters are escaped, and what follows
/// the first `limit` characters (Unicode scalars) is one ellipsis.
public func quoted(_ text: String, atMost limit: Int = .max) -> String {
  var result = "\""
  for (index, scalar) in text.unicodeScalars.enumerated() {
    if index >= limit {
      result += "…"
      break
    }
    switch scalar {
    case "\"", "\\": result += "\\\(scalar)"
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case "\r": result += "\\r"
    case _ where scalar.properties.generalCategory == .control:
      result += "\\u{\(String(scalar.value, radix: 16))}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
