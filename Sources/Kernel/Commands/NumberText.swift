import Hypergradient

/// Four significant digits.
func short(_ value: Double) -> String { brief(value, 4) }

/// A number with a fixed number of decimals; with few significant digits where those would show nothing of it, or from `limit` on, where
/// it would leave its column.
func fixed(_ value: Double, _ places: Int, below limit: Double = 1e9) -> String {
  guard value.isFinite else { return "\(value)" }
  guard value.magnitude < limit else { return short(value) }
  var scale = 1.0
  for _ in 0..<places { scale *= 10 }
  let whole = Int((value.magnitude * scale).rounded())
  if whole == 0, value != 0 { return brief(value, 2) }
  let digits = String(whole)
  let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
  let text = places == 0 ? padded : "\(padded.dropLast(places)).\(padded.suffix(places))"
  return value < 0 ? "-" + text : text
}
