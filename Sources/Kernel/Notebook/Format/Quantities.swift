/// Seconds in a duration such as `500ms`, `60s`, `10m`, `1.5h` or a bare number of seconds.
///
/// Throws `InvalidValue` unless the result is positive and finite.
public func parseDuration(_ text: String) throws -> Double {
  let units: [(String, Double)] = [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600), ("", 1)]
  let seconds = number(text, units: units)
  guard let seconds, seconds > 0, seconds <= 1e9 else {
    throw InvalidValue("`\(text)` is not a duration; write for example 500ms, 60s, 10m or 1h")
  }
  return seconds
}

/// Bytes in a size such as `512MiB`, `4GiB`, `2GB` or a bare number of bytes.
///
/// Throws `InvalidValue` unless the result is positive and below 2^53.
public func parseSize(_ text: String) throws -> Int {
  let units: [(String, Double)] = [
    ("kib", 1024), ("mib", 1_048_576), ("gib", 1_073_741_824), ("tib", 1_099_511_627_776),
    ("kb", 1e3), ("mb", 1e6), ("gb", 1e9), ("tb", 1e12), ("b", 1), ("", 1),
  ]
  guard let bytes = number(text.lowercased(), units: units), bytes >= 1, bytes < 9e15 else {
    throw InvalidValue("`\(text)` is not a size; write for example 512MiB or 4GiB")
  }
  return Int(bytes)
}

/// The number in front of the first unit that is a suffix of `text`, scaled by that unit.
private func number(_ text: String, units: [(String, Double)]) -> Double? {
  for (suffix, scale) in units where text.hasSuffix(suffix) {
    let digits = text.dropLast(suffix.count)
    guard digits.utf8.allSatisfy({ (48...57).contains($0) || $0 == 46 }) else { return nil }
    return Double(digits).map { $0 * scale }
  }
  return nil
}

/// `true` and `false`, the only spellings of a truth value in headers, options and parameters.
func parseBool(_ text: String) throws -> Bool {
  switch text {
  case "true": return true
  case "false": return false
  default: throw InvalidValue("`\(text)` is not true or false")
  }
}
