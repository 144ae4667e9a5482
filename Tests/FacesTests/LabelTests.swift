import Glibc
import Tensor
import Testing

@testable import Faces

@Suite struct LabelTests {
  /// Unit frequencies per expression agree with the table. Of 184 cells one may by chance lie beyond three
  /// sigma.
  @Test func unitFrequenciesMatchThePrototypes() throws {
    let draws = 24_000
    var counts = [[Int]](repeating: [Int](repeating: 0, count: ActionUnit.count), count: 8)
    var totals = [Int](repeating: 0, count: 8)
    for index in 0..<draws {
      var random = RandomStream(seed: 11, stream: UInt64(index))
      let performance = Performance(random: &random, elicitation: .posed, ambiguity: 0)
      totals[performance.first] += 1
      for (column, amplitude) in performance.activation.amplitudes.enumerated() where amplitude > 0 {
        counts[performance.first][column] += 1
      }
    }
    var outside = 0
    for (expression, prototype) in Prototype.all.prefix(8).enumerated() {
      let share = deviation(totals[expression], of: draws, probability: 1 / 8)
      #expect(abs(share) < 3, "\(prototype.name)")
      for (column, unit) in ActionUnit.all.enumerated() {
        let expected = probability(of: unit.code, column, in: prototype)
        let sigma = abs(deviation(counts[expression][column], of: totals[expression], probability: expected))
        if sigma > 3 { outside += 1 }
        #expect(sigma < 4.5, "AU\(unit.code) in \(prototype.name)")
      }
    }
    #expect(outside <= 1)
  }

  /// The probability after the rules: an open jaw parts the lips, parted lips are not pressed.
  private func probability(of code: Int, _ column: Int, in prototype: Prototype) -> Double {
    func p(_ code: Int) -> Double { Double(prototype.probabilities[ActionUnit.column(code) ?? 0]) }
    let parted = 1 - (1 - p(25)) * (1 - p(26)) * (1 - p(27))
    switch code {
    case 24: return p(24) * (1 - parted)
    case 25: return parted
    default: return p(code)
    }
  }

  private func deviation(_ count: Int, of total: Int, probability p: Double) -> Double {
    (Double(count) - p * Double(total)) / (Double(total) * p * (1 - p)).squareRoot()
  }

  /// Attributes have their marginal frequencies in the population.
  @Test func attributeFrequenciesMatch() {
    let people = (0..<6000).map { Identity(seed: 5, subject: $0) }
    #expect(abs(deviation(people.count { $0.beard > 0 }, of: 6000, probability: 0.25)) < 3)
    #expect(abs(deviation(people.count { $0.makeUp > 0 }, of: 6000, probability: 0.25)) < 3)
    #expect(abs(deviation(people.count { $0.glasses }, of: 6000, probability: 0.20)) < 3)
    #expect(abs(deviation(people.count { $0.hat }, of: 6000, probability: 0.08)) < 3)
    #expect(abs(deviation(people.count { $0.age > 0.7 }, of: 6000, probability: 0.30)) < 3)
  }

  @Test(
    arguments: [
      ([:], 0), ([4: 1], 5), ([6: 0.4, 7: 0.8], 4), ([9: 0.2, 10: 1], 5), ([43: 1], 1), ([43: 0.4], 0),
      ([4: 1, 6: 1, 7: 1, 9: 1, 10: 1, 43: 1], 16), ([12: 1, 25: 1], 0),
    ] as [([Int: Float], Int)])
  func painFollowsThePSPI(units: [Int: Float], expected: Int) throws {
    var scene = FaceScene(identity: .average)
    for (code, amplitude) in units { try scene.activation.set(code, to: amplitude) }
    var random = RandomStream(seed: 1)
    let performance = Performance(random: &random, elicitation: .posed, ambiguity: 0)
    #expect(FaceLabels(scene, performance, subject: 0, size: 32, random: &random).pain == expected)
  }

  /// In pain mode 83% show nothing and pain faces have pain.
  @Test func painModeIsSkewed() throws {
    var none = 0
    for index in 0..<4000 {
      var random = RandomStream(seed: 2, stream: UInt64(index))
      let first = Performance(random: &random, elicitation: .pain, ambiguity: 0).first
      #expect(first == 0 || first == Prototype.pain)
      if first == 0 { none += 1 }
    }
    #expect(abs(deviation(none, of: 4000, probability: 0.83)) < 3)
    // A face in pain that shows none of the units is one of four hundred.
    var recipe = FaceRecipe(subjects: 20, imagesPerSubject: 100, size: 16, seed: 2)
    recipe.mode = .pain
    let painless = try FaceDataset(recipe).column(\.pain).count { $0 == 0 }
    #expect(abs(deviation(painless, of: 2000, probability: 0.83)) < 3)
  }

  /// Consistency is that of the label, also where most raters did not know.
  @Test func consistencyIsTheShareOfTheLabel() throws {
    var unknown = 0
    for index in 0..<4000 {
      var random = RandomStream(seed: 9, stream: UInt64(index))
      let performance = Performance(random: &random, elicitation: .pain, ambiguity: 1)
      let votes = Votes(performance.activation.amplitudes, random: &random)
      #expect(votes.consistency == Float(votes.counts[votes.majority]) / Float(Votes.raters))
      #expect(votes.majority < Expression.allCases.count)
      if votes.counts[Expression.allCases.count] > votes.counts[votes.majority] { unknown += 1 }
    }
    #expect(unknown > 0)
  }

  /// Strong prototypical faces are named unanimously or nearly so; the raters' majority is what was meant.
  @Test(arguments: Expression.allCases)
  func clearFacesGetClearVotes(expression: Expression) {
    let prototype = Prototype.all[expression.rawValue]
    let amplitudes = prototype.probabilities.map { $0 > 0.5 ? Float(0.9) : 0 }
    var right = 0
    var agreement: Float = 0
    for index in 0..<200 {
      var random = RandomStream(seed: 8, stream: UInt64(index))
      let votes = Votes(amplitudes, random: &random)
      #expect(votes.counts.reduce(0, +) == Int32(Votes.raters))
      if votes.majority == expression.rawValue { right += 1 }
      agreement += votes.consistency / 200
    }
    #expect(right >= 190)
    #expect(agreement > 0.75)
  }

  /// Votes are less consistent where faces are ambiguous.
  @Test func ambiguityLowersConsistency() throws {
    var recipe = FaceRecipe(subjects: 10, imagesPerSubject: 40, size: 16, seed: 3)
    recipe.ambiguity = 0
    let clear = try FaceDataset(recipe).column(\.consistency).reduce(0, +) / 400
    recipe.ambiguity = 1
    let vague = try FaceDataset(recipe).column(\.consistency).reduce(0, +) / 400
    #expect(vague < clear - 0.05)
  }

  /// The log-likelihood of one visible unit: log p + sum of log (1 - p) of the others.
  @Test func evidenceIsTheBernoulliLikelihood() {
    var amplitudes = [Float](repeating: 0, count: ActionUnit.count)
    amplitudes[ActionUnit.column(12) ?? 0] = 1
    let evidence = Votes.evidence(amplitudes)
    // Neutral: log .03 + 22 log .97; happy: log .97 + log .2 + log .49 + 20 log .97.
    #expect(abs(evidence[0] - (-3.506557897 + 22 * -0.030459207)) < 1e-5)
    #expect(abs(evidence[1] - (-0.030459207 - 1.609437912 - 0.713349888 + 20 * -0.030459207)) < 1e-5)
  }

  @Test func rulesOfCoOccurrence() throws {
    var activation = Activation()
    try activation.set(26, to: 0.5)
    try activation.set(24, to: 0.7)
    activation.applyRules()
    #expect(activation.amplitudes[ActionUnit.column(25) ?? 0] == 0.4)
    #expect(activation.amplitudes[ActionUnit.column(24) ?? 0] == 0)
    #expect(throws: FacesError.unknownActionUnit(3)) { try activation.set(3, to: 1) }
    #expect(throws: FacesError.unknownActionUnit(-1)) { try activation.set(-1, to: 1) }
  }

  @Test func theTableIsComplete() {
    #expect(ActionUnit.all.map(\.code) == ActionUnit.all.map(\.code).sorted())
    #expect(Set(ActionUnit.all.map(\.code)).count == ActionUnit.count)
    for unit in ActionUnit.all {
      #expect(ActionUnit.column(unit.code).map { ActionUnit.all[$0].code } == unit.code)
    }
    #expect(ActionUnit.column(3) == nil && ActionUnit.column(99) == nil)
    #expect(
      Expression.names == ["neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt"])
  }
}
