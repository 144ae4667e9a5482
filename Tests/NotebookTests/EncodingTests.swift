import Testing

@testable import Notebook

@Suite struct EncodingTests {
  /// Vectors of FIPS 180-4 and NIST's examples.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func hashes(_ text: String, _ digest: String) { #expect(sha256(text) == digest) }

  /// RFC 4648, section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func base64s(_ text: String, _ code: String) { #expect(base64(Array(text.utf8)) == code) }

  @Test func writesJSON() {
    let value = JSON.object([
      ("a", .array([.null, .bool(true), .int(-1), .number(0.1)])), ("b", .number(.nan)),
      ("c", .number(-.infinity)),
      ("d", .string("\"\\\n\u{1}\u{2028}é")), ("e", .object([])), ("f", .array([])),
    ])
    #expect(
      value.compact
        == #"{"a": [null, true, -1, 0.1], "b": {"$f": "nan"}, "c": {"$f": "-inf"}, "d": "\"\\\n\u0001\u2028é", "e": {}, "f": []}"#
    )
    #expect(JSON.object([("a", .array([.int(1)]))]).pretty == "{\n  \"a\": [\n    1\n  ]\n}\n")
  }

  @Test(arguments: [
    (0.125, 2, "0.13"), (-1.5, 0, "-2"), (3, 2, "3.00"), (0.004, 2, "0.00"), (1234.5678, 1, "1234.6"),
    (-0.05, 1, "-0.1"),
  ])
  func decimals(_ value: Double, _ places: Int, _ text: String) { #expect(decimal(value, places) == text) }

  @Test(arguments: [
    ("plain", "plain"), ("\u{1B}[31mred\u{1B}[0m", "red"), ("10%\r20%\r30%\n", "30%\n"), ("a\r\nb", "a\nb"),
    ("\u{1B}_Gi=31;AAAA\u{1B}\\x", "x"), ("\u{1B}]0;title\u{7}x", "x"), ("\u{1B}", ""),
    ("one\n\u{1B}[2Ktwo\rthree", "one\nthree"),
  ])
  func stripsTerminalSequences(_ text: String, _ plain: String) { #expect(plainTerminalText(text) == plain) }
}
