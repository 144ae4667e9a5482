import Testing

@testable import Notebook

@Suite struct ComparisonTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let actual: String
    let expected: String
    var tolerance = Tolerance()
    var testDescription: String { "\(actual) ~ \(expected)" }
  }

  static let matching: [Case] = [
    .init(actual: "", expected: ""), .init(actual: "a\n", expected: "a"),
    .init(actual: "a  \nb\n\n", expected: "a\nb"),
    .init(actual: "1.0000001", expected: "1"),
    .init(actual: "0.31742", expected: "0.31745", tolerance: .init(relative: 1e-3)),
    .init(actual: "1e-10", expected: "0"), .init(actual: "-0", expected: "0"),
    .init(actual: "nan", expected: "NaN"),
    .init(actual: "[nan, inf, -inf]", expected: "[NaN, inf, -inf]"), .init(actual: "1e3", expected: "1000.0"),
    .init(actual: "loss = 0.5, acc = 0.75", expected: "loss = 0.5000001, acc = 0.7500001"),
    .init(actual: "[1, 2.0, 3]", expected: "[1.0, 2, 3.0]"), .init(actual: "a   b", expected: "a b"),
    .init(actual: "took 3.2 s", expected: "took ... s"), .init(actual: "x", expected: "..."),
    .init(actual: "", expected: "..."), .init(actual: "a\nb\nc\nd", expected: "a\n...\nd"),
    .init(actual: "a\nd", expected: "a\n...\nd"), .init(actual: "1\n2\n3", expected: "...\n3"),
    .init(actual: "[0.1 0.2 ... 0.9]", expected: "[0.1 0.2 ... 0.9]"),
    .init(actual: "v... and 2 and 3", expected: "v...3"),
    .init(actual: "[0.1, ..., 0.9]", expected: "[...]"), .init(actual: "x1 3rd 2x", expected: "x1 3rd 2x"),
    .init(actual: "−1.5", expected: "-1.5"), .init(actual: "+2", expected: "2"),
    .init(actual: "1-2", expected: "1-2"),
    .init(actual: ".5", expected: "0.5"), .init(actual: "5.", expected: "5"),
    .init(actual: "12.5%", expected: "12.50000001%"),
    .init(actual: "(64, 128)", expected: "(64, 128)"),
    .init(actual: "1\n2\n1\n2\n3", expected: "...\n1\n2\n3"),
  ]

  @Test(arguments: matching)
  func matches(_ test: Case) {
    #expect(compare(test.actual, expected: test.expected, tolerance: test.tolerance) == nil)
  }

  static let differing: [(Case, Int)] = [
    (.init(actual: "1.1", expected: "1"), 1), (.init(actual: "1", expected: "nan"), 1),
    (.init(actual: "inf", expected: "-inf"), 1), (.init(actual: "1e308", expected: "inf"), 1),
    (.init(actual: "a", expected: "b"), 1), (.init(actual: "a\nb", expected: "a"), 2),
    (.init(actual: "a", expected: "a\nb"), 2),
    (.init(actual: "x2", expected: "x1"), 1), (.init(actual: "a\nb\nc", expected: "a\n...\nd"), 3),
    (.init(actual: "took 3 ms", expected: "took ... s"), 1),
    (.init(actual: "0.31742", expected: "0.31745"), 1),
    (.init(actual: "ab", expected: "a b"), 1), (.init(actual: "nano", expected: "nan"), 1),
    (.init(actual: "", expected: "0"), 1),
  ]

  @Test(arguments: differing)
  func differs(_ test: Case, line: Int) {
    #expect(compare(test.actual, expected: test.expected, tolerance: test.tolerance)?.line == line)
  }

  @Test func showsBothSides() {
    let mismatch = compare("a\n0.5", expected: "a\n0.6", tolerance: Tolerance())
    #expect(mismatch == Mismatch(line: 2, expected: "0.6", actual: "0.5"))
  }

  @Test func staysFastOnHostilePatterns() {
    let actual = String(repeating: "a", count: 3000) + "b"
    let expected = String(repeating: "...a", count: 60) + "c"
    #expect(compare(actual, expected: expected, tolerance: Tolerance()) != nil)
  }
}
