import Testing

@testable import Commands

@Suite struct NumberTextTests {
  /// Decimals, where they show something of a number that keeps to its column; significant digits elsewhere.
  @Test(arguments: [
    (0.12345, "0.1235"), (-1.5, "-1.5000"), (0, "0.0000"), (0.00004, "4e-05"), (-0.000012345, "-1.2e-05"),
    (0.00006, "0.0001"), (999.5, "999.5000"), (12345.678, "1.235e+04"), (.nan, "nan"), (-.infinity, "-inf"),
  ])
  func keepsToItsColumn(value: Double, text: String) {
    #expect(fixed(value, 4, below: 1000) == text)
  }
}
