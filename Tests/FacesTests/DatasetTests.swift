import Tensor
import Testing

@testable import Faces

@Suite struct DatasetTests {
  private func small(_ change: (inout FaceRecipe) -> Void = { _ in }) -> FaceRecipe {
    var recipe = FaceRecipe(subjects: 5, imagesPerSubject: 31, size: 24, seed: 7, preset: .wild)
    change(&recipe)
    return recipe
  }

  /// The bits do not depend on the number of threads, and the same recipe gives them again.
  @Test(arguments: [1, 2, 3, 8])
  func threadsDoNotChangeBits(threads: Int) throws {
    let reference = try FaceDataset(small(), threads: 1)
    let other = try FaceDataset(small(), threads: threads)
    for position in 0..<reference.count {
      #expect(try reference.pixels(position) == other.pixels(position))
    }
    #expect(reference.column(\.landmarks) == other.column(\.landmarks))
    #expect(reference.column(\.votes) == other.column(\.votes))
  }

  /// Neither the number of images nor their size changes who is shown doing what; the seed does.
  @Test func imagesDependOnSeedAndIndexOnly() throws {
    let one = try FaceDataset(small())
    let longer = try FaceDataset(small { $0.imagesPerSubject = 40 })
    let larger = try FaceDataset(small { $0.size = 32 })
    let other = try FaceDataset(small { $0.seed = 8 })
    #expect(try one.pixels(100) == longer.pixels(100))
    #expect(one.column(\.amplitudes) == larger.column(\.amplitudes))
    #expect(one.column(\.amplitudes) != other.column(\.amplitudes))
    #expect(one.column(\.subject) == (0..<155).map { $0 % 5 })
  }

  @Test func subsetsShareImagesAndLabels() throws {
    let set = try FaceDataset(small())
    let part = try set.subset([3, 3, 10])
    #expect(part.count == 3)
    #expect(try part.pixels(2) == set.pixels(10))
    #expect(try part.labels(1).landmarks == set.labels(3).landmarks)
    #expect(try part.subset(1..<3).indices == [3, 10])
    #expect(throws: FacesError.outOfRange(index: 3, count: 3)) { try part.pixels(3) }
    #expect(throws: FacesError.outOfRange(index: -1, count: 3)) { try part.labels(-1) }
    #expect(throws: FacesError.outOfRange(index: 155, count: 155)) { try set.subset([0, 155]) }
    #expect(try set.scene(4).draw(size: 24) == set.pixels(4))
  }

  @Test func batchesCoverEveryImageOnce() throws {
    let set = try FaceDataset(small())
    let batches = try set.batches(of: 16, epoch: 2, seed: 1)
    #expect(batches.map(\.count) == Array(repeating: 16, count: 9) + [11])
    #expect(batches.flatMap { $0 }.sorted() == Array(0..<155))
    #expect(try set.batches(of: 16, epoch: 2, seed: 1) == batches)
    #expect(try set.batches(of: 16, epoch: 3, seed: 1) != batches)
    #expect(try set.batches(of: 16, epoch: 2, seed: 2) != batches)
    #expect(try set.batches(of: 100, shuffled: false).first == Array(0..<100))
    #expect(throws: FacesError.self) { try set.batches(of: 0) }
  }

  @Test func contactSheetsPlaceImages() throws {
    let set = try FaceDataset(small()).subset(0..<5)
    let sheet = try set.contactSheet(gap: 2)
    #expect(sheet.width == 3 * 24 + 4 && sheet.height == 2 * 24 + 2 && sheet.rgb.count == 3 * 76 * 50)
    // Image 4 starts at column 26, row 26; its second pixel, green.
    let expected = try set.pixels(4)[24 * 24 + 1]
    #expect(sheet.rgb[3 * (26 * 76 + 27) + 1] == UInt8((expected * 255).rounded()))
    #expect(sheet.rgb[3 * (10 * 76 + 24)] == 255)
    #expect(throws: FacesError.self) { try set.contactSheet(columns: 0) }
    #expect(throws: FacesError.self) { try set.subset([]).contactSheet() }
    #expect(set.description == "Faces: 5 images of 24 x 24, 5 subjects, posed, seed 7")
  }

  @Test func tensorsHaveTheirShapes() throws {
    let set = try FaceDataset(small()).subset(10..<17)
    #expect(try set.images().shape == [7, 3, 24, 24])
    #expect(try set.images(at: [2]).floats() == set.pixels(2))
    #expect(throws: FacesError.self) { try set.images(at: [7]) }
    let units = ActionUnit.count
    let shapes: [FaceColumn: Shape] = [
      .subject: [7], .expression: [7], .prototype: [7], .pain: [7], .valence: [7], .arousal: [7],
      .consistency: [7],
      .actionUnits: [7, units], .occurrence: [7, units], .amplitudes: [7, units], .pose: [7, 3],
      .landmarks: [7, 68, 2], .visibility: [7, 68], .attributes: [7, 10], .votes: [7, 9],
    ]
    for column in FaceColumn.allCases { #expect(try set.tensor(column).shape == shapes[column], "\(column)") }
    let label = try set.labels(3)
    #expect(try set.tensor(.landmarks).floats()[3 * 136 + 5] == label.landmarks[2].y)
    #expect(try set.tensor(.pain).ints()[3] == label.pain)
    #expect(
      try set.tensor(.occurrence).bools()[3 * units..<4 * units].elementsEqual(
        label.intensities.map { $0 > 0 }))
  }

  /// Recipes with one mistake each, by the name of the parameter.
  private static let mistakes: [(name: String, recipe: FaceRecipe)] = [
    mistake("subjects") { $0.subjects = 0 },
    mistake("subjects") { $0.subjects = -3 },
    mistake("subjects") { $0.subjects = .max },
    mistake("imagesPerSubject") { $0.imagesPerSubject = 0 },
    mistake("size") { $0.size = 0 },
    mistake("size") { $0.size = 15 },
    mistake("size") { $0.size = 4096 },
    mistake("size") { $0.size = .max },
    mistake("hardness") { $0.hardness = .nan },
    mistake("hardness") { $0.hardness = 1.5 },
    mistake("exaggeration") { $0.exaggeration = -1 },
    mistake("crop") { $0.crop = .infinity },
    mistake("ambiguity") { $0.ambiguity = -0.1 },
  ]

  private static func mistake(
    _ name: String, _ make: (inout FaceRecipe) -> Void
  ) -> (name: String, recipe: FaceRecipe) {
    var recipe = FaceRecipe(subjects: 2)
    make(&recipe)
    return (name, recipe)
  }

  @Test(arguments: mistakes)
  func badParametersAreNamed(name: String, recipe: FaceRecipe) throws {
    let error = #expect(throws: FacesError.self) { try FaceDataset(recipe) }
    #expect(error?.description.hasPrefix("Faces: \(name) is ") == true)
  }

  @Test func messagesSayWhatWouldWork() throws {
    #expect(
      FacesError.badParameter(name: "size", value: "0", allowed: "between 16 and 512").description
        == "Faces: size is 0, but must be between 16 and 512")
    let error = #expect(throws: FacesError.self) {
      try FaceDataset(FaceRecipe(subjects: 100_000, imagesPerSubject: 1000, size: 512))
    }
    #expect(error?.description.contains("fewer subjects") == true)
    #expect(throws: FacesError.self) { try FaceDataset(small(), threads: 0) }
    #expect(throws: FacesError.self) { try FaceScene(identity: .average).draw(size: 2) }
  }

  /// Printed, not asserted: the machine may be busy.
  @Test(arguments: [32, 64])
  func throughput(size: Int) throws {
    let recipe = FaceRecipe(subjects: 24, imagesPerSubject: 32, size: size, seed: 1)
    let time = try ContinuousClock().measure { _ = try FaceDataset(recipe, threads: 1) }
    let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
    print("faces of \(size) px on one thread: \(Int(Double(recipe.count) / seconds)) images/s")
  }
}
