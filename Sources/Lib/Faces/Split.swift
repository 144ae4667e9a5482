import Tensor

/// What a split keeps together.
public enum SplitUnit: String, CaseIterable, Sendable {
  /// No subject appears in two parts: the honest split for faces.
  case subject
  /// Images are dealt out one by one.
  case image
  /// Images are dealt out one by one, every part with the same mixture of expressions.
  case expression
}

extension FaceDataset {
  /// Deals the set into parts, at random but the same for the same seed. Each part keeps the order of the
  /// set.
  ///
  /// - Parameters:
  ///   - unit: what stays together.
  ///   - fractions: the share of each part; positive, summing to 1.
  /// - Throws: ``FacesError/badFractions(_:)`` or ``FacesError/emptyPart(index:by:available:)``.
  public func split(
    by unit: SplitUnit = .subject, _ fractions: [Double], seed: UInt64 = 0
  ) throws(FacesError) -> [FaceDataset] {
    try Self.check(fractions)
    var random = RandomStream(seed: seed, stream: Stream.split)
    var parts: [Int]
    switch unit {
    case .subject:
      let subjects = column(\.subject)
      let people = Array(Set(subjects)).sorted()
      let dealt = Self.deal(people.count, fractions, &random)
      let part = Dictionary(uniqueKeysWithValues: zip(people, dealt))
      parts = subjects.map { part[$0] ?? 0 }
      try Self.checkParts(dealt, fractions.count, unit)
    case .image:
      parts = Self.deal(count, fractions, &random)
      try Self.checkParts(parts, fractions.count, unit)
    case .expression:
      parts = Array(repeating: 0, count: count)
      let expressions = column(\.expression)
      for code in Expression.allCases.indices {
        let members = expressions.indices.filter { expressions[$0] == code }
        for (position, part) in zip(members, Self.deal(members.count, fractions, &random)) {
          parts[position] = part
        }
      }
      try Self.checkParts(parts, fractions.count, .image)
    }
    var result: [FaceDataset] = []
    for part in fractions.indices { result.append(try subset(parts.indices.filter { parts[$0] == part })) }
    return result
  }

  /// Assigns a part to each of `count` things: shuffles them and cuts at the rounded cumulative fractions.
  private static func deal(_ count: Int, _ fractions: [Double], _ random: inout RandomStream) -> [Int] {
    let order = random.permutation(count)
    var parts = [Int](repeating: 0, count: count)
    var start = 0
    var sum = 0.0
    for (part, fraction) in fractions.enumerated() {
      sum += fraction
      let end = part == fractions.count - 1 ? count : min(count, Int((sum * Double(count)).rounded()))
      for position in start..<max(start, end) { parts[order[position]] = part }
      start = max(start, end)
    }
    return parts
  }

  private static func check(_ fractions: [Double]) throws(FacesError) {
    guard !fractions.isEmpty else { throw .badFractions("there are no fractions") }
    guard fractions.count <= 1000 else { throw .badFractions("\(fractions.count) parts are too many") }
    for fraction in fractions where !(fraction > 0 && fraction <= 1) {
      throw .badFractions("\(fraction) is not a fraction")
    }
    let sum = fractions.reduce(0, +)
    // Fractions written with six digits are exact enough.
    guard abs(sum - 1) < 1e-5 else {
      throw .badFractions("the fractions sum to \((sum * 1e6).rounded() / 1e6)")
    }
  }

  private static func checkParts(_ parts: [Int], _ wanted: Int, _ unit: SplitUnit) throws(FacesError) {
    let present = Set(parts)
    for index in 0..<wanted where !present.contains(index) {
      throw .emptyPart(index: index, by: unit.rawValue, available: parts.count)
    }
  }
}
