import Crypto

/// SHA-256 (FIPS 180-4) as lower-case hexadecimal; it names plots by content and ties outputs to sources.
public func sha256(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef")
  return String(SHA256.hash(data: bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}

/// SHA-256 of a text's UTF-8.
public func sha256(_ text: String) -> String { sha256(Array(text.utf8)) }
