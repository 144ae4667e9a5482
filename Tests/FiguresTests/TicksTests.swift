import Testing

@testable import Figures

@Suite("Round numbers") struct TicksTests {
  static let linear: [(ClosedRange<Double>, Int, [String])] = [
    (0...10, 5, ["0", "2", "4", "6", "8", "10"]),
    (-0.7...1.1, 4, ["−0.5", "0.0", "0.5", "1.0"]),
    (0...1, 5, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    (0.001...0.0042, 3, ["0.001", "0.002", "0.003", "0.004"]),
    (0...3e7, 3, ["0", "1×10⁷", "2×10⁷", "3×10⁷"]),
    (0...3e-5, 3, ["0", "1×10⁻⁵", "2×10⁻⁵", "3×10⁻⁵"]),
    (99.5...100.5, 2, ["99.5", "100.0", "100.5"]),
    (0.3...0.6, 2, ["0.4", "0.6"]),
    (0.32...0.58, 2, ["0.4", "0.5"]),
    (1_700_000_000...1_700_000_004, 4, ["1700000000", "+1", "+2", "+3", "+4"]),
    (1e9...(1e9 + 0.5), 2, ["1000000000.0", "+0.2", "+0.4"]),
  ]

  @Test(arguments: linear) func `linear ticks`(range: ClosedRange<Double>, count: Int, labels: [String]) {
    let ticks = Ticks.linear(range, count: count)
    #expect(ticks.map(\.label) == labels)
    #expect(ticks.allSatisfy { range.contains($0.value) })
  }

  static let logarithmic: [(ClosedRange<Double>, Int, [String])] = [
    (0.01...100, 5, ["0.01", "0.1", "1", "10", "100"]),
    (1...20, 5, ["1", "2", "5", "10", "20"]),
    (1e-8...1, 4, ["10⁻⁸", "10⁻⁶", "10⁻⁴", "0.01", "1"]),
    (2...3, 5, ["2.0", "2.2", "2.4", "2.6", "2.8", "3.0"]),
  ]

  @Test(arguments: logarithmic) func `logarithmic ticks`(
    range: ClosedRange<Double>, count: Int, labels: [String]
  ) {
    #expect(Ticks.logarithmic(range, count: count).map(\.label).filter { !$0.isEmpty } == labels)
  }

  @Test func `degenerate ranges have no ticks`() {
    #expect(Ticks.linear(1...1, count: 5).isEmpty)
    #expect(Ticks.linear(-1.7e308...1.7e308, count: 5).isEmpty)
    #expect(Ticks.linear(1e15...(1e15 + 0.25), count: 5).isEmpty)
    #expect(Ticks.logarithmic(0...1, count: 5).isEmpty)
    #expect(Ticks.linear(0...1, count: 0).isEmpty)
  }

  static let shorts: [(Double, String)] = [
    (0, "0"), (-0.0, "−0"), (0.25, "0.25"), (-3, "−3"), (1234.5, "1.23×10³"), (1.5e-7, "1.5×10⁻⁷"),
    (.nan, "NaN"),
    (-.infinity, "−∞"),
  ]

  @Test(arguments: shorts) func `short numbers`(value: Double, text: String) {
    #expect(Text.short(value) == text)
  }

  @Test func `fixed numbers have no negative zero`() {
    #expect(Text.fixed(-0.001, decimals: 2) == "0.00")
    #expect(Text.fixed(-1.5, decimals: 1) == "−1.5")
  }
}
