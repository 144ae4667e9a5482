import Testing

@testable import Faces

@Suite struct SplitTests {
  private func faces(subjects: Int = 10) throws -> FaceDataset {
    try FaceDataset(FaceRecipe(subjects: subjects, imagesPerSubject: 16, size: 16, seed: 2))
  }

  @Test(arguments: SplitUnit.allCases)
  func splitsArePartitions(unit: SplitUnit) throws {
    let set = try faces()
    let parts = try set.split(by: unit, [0.6, 0.2, 0.2], seed: 4)
    #expect(parts.flatMap(\.indices).sorted() == Array(0..<160))
    #expect(abs(parts[0].count - 96) <= 4)
    #expect(try set.split(by: unit, [0.6, 0.2, 0.2], seed: 4).map(\.indices) == parts.map(\.indices))
    #expect(try set.split(by: unit, [0.6, 0.2, 0.2], seed: 5).map(\.indices) != parts.map(\.indices))
    for part in parts { #expect(part.indices == part.indices.sorted()) }
  }

  @Test func subjectsNeverAppearTwice() throws {
    let parts = try faces().split(by: .subject, [0.5, 0.3, 0.2], seed: 1)
    let people = parts.map { Set($0.column(\.subject)) }
    #expect(people.map(\.count) == [5, 3, 2])
    #expect(people[0].isDisjoint(with: people[1]) && people[0].isDisjoint(with: people[2]))
    #expect(people[1].isDisjoint(with: people[2]))
    #expect(parts.map(\.count) == [80, 48, 32])
  }

  @Test func expressionSplitsAreStratified() throws {
    let set = try faces()
    let parts = try set.split(by: .expression, [0.5, 0.5], seed: 1)
    for code in 0..<8 {
      let all = set.column(\.expression).count { $0 == code }
      let half = parts[0].column(\.expression).count { $0 == code }
      #expect(abs(2 * half - all) <= 1)
    }
  }

  /// A part can be split again, and thirds written as decimals are accepted.
  @Test func partsCanBeSplitAgain() throws {
    let parts = try faces().split(by: .subject, [0.8, 0.2])
    let inner = try parts[0].split(by: .subject, [0.333333, 0.333333, 0.333334])
    #expect(inner.map(\.count).reduce(0, +) == parts[0].count)
    #expect(Set(inner.flatMap(\.indices)) == Set(parts[0].indices))
  }

  @Test(
    arguments: [
      ([], "there are no fractions"), ([0.5, 0.2], "sum to 0.7"), ([0.5, 0.6], "sum to 1.1"),
      ([1.5, -0.5], "1.5 is not a fraction"), ([0, 1], "0.0 is not a fraction"),
      ([.nan, 1], "nan is not a fraction"),
      ([.infinity], "inf is not a fraction"),
    ] as [([Double], String)])
  func badFractionsAreExplained(fractions: [Double], problem: String) throws {
    let error = #expect(throws: FacesError.self) { try faces().split(by: .subject, fractions) }
    #expect(error?.description.contains(problem) == true)
    #expect(error?.description.contains("[0.6, 0.2, 0.2]") == true)
  }

  @Test func emptyPartsAreErrors() throws {
    #expect(throws: FacesError.emptyPart(index: 1, by: "subject", available: 2)) {
      try faces(subjects: 2).split(by: .subject, [0.9, 0.05, 0.05])
    }
  }
}
