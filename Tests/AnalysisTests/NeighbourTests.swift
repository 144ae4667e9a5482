import Testing

@testable import Analysis

@Suite struct NeighbourTests {
  /// Sorting all distances: the definition.
  private func definition(_ x: Matrix, k: Int) -> [[Int]] {
    (0..<x.rows).map { i in
      let d = (0..<x.rows).map { j in
        zip(x[row: i], x[row: j]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      return Array(
        (0..<x.rows).filter { $0 != i }.sorted { d[$0] != d[$1] ? d[$0] < d[$1] : $0 < $1 }.prefix(k))
    }
  }

  @Test(arguments: [(1, 1), (2, 7), (3, 40), (10, 15), (50, 12)])
  func searchesAgreeWithSorting(columns: Int, k: Int) throws {
    let (x, _) = try clouds(3, each: 60, columns: columns, distance: 4, seed: UInt64(columns))
    let expected = definition(x, k: k)
    for search in [AllPairsSearch(), VantagePointSearch(), ExactSearch()] as [any NeighbourSearch] {
      let found = try search.neighbours(of: x, k: k)
      #expect((0..<x.rows).map { i in (0..<k).map { Int(found.indices[i * k + $0]) } } == expected)
    }
  }

  @Test func tiesAndDuplicatesKeepTheOrderOfIndices() throws {
    let x = try Matrix((0..<40).map { [Double($0 % 4), 0] })
    for search in [AllPairsSearch(), VantagePointSearch()] as [any NeighbourSearch] {
      let found = try search.neighbours(of: x, k: 12)
      for i in 0..<40 { #expect((0..<12).map { Int(found.indices[i * 12 + $0]) } == definition(x, k: 12)[i]) }
    }
  }

  @Test func farFromTheOriginNothingIsLost() throws {
    let (x, _) = try clouds(2, each: 40, columns: 5, distance: 3, seed: 9)
    let moved = try Matrix(rows: x.rows, columns: 5, values: x.values.map { $0 + 1e7 })
    #expect(
      try AllPairsSearch().neighbours(of: moved, k: 10).indices
        == definition(moved, k: 10).flatMap { $0.map(Int32.init) })
  }

  @Test func distancesAreThoseOfScikitLearn() throws {
    let recorded = try Recorded.load()
    let found = try ExactSearch().neighbours(of: Matrix(recorded.iris.samples), k: 10)
    for (mine, theirs) in zip(found.squaredDistances, recorded.neighbourDistances.joined()) {
      #expect(abs(mine.squareRoot() - theirs) < 1e-12)
    }
  }

  @Test func queriesAmongReferences() throws {
    let references = try Matrix([[0, 0], [1, 0], [5, 5]])
    let queries = try Matrix([[0.9, 0], [4, 4]])
    for search in [AllPairsSearch(), VantagePointSearch()] as [any NeighbourSearch] {
      let found = try search.neighbours(of: queries, among: references, k: 3)
      #expect(found.indices == [1, 0, 2, 2, 1, 0])
    }
  }

  @Test(arguments: [0, 3, -1])
  func impossibleCounts(k: Int) throws {
    let x = try Matrix([[0], [1], [2]])
    for search in [AllPairsSearch(), VantagePointSearch()] as [any NeighbourSearch] {
      #expect(throws: AnalysisError.self) { try search.neighbours(of: x, k: k) }
    }
  }
}

@Suite struct ProbeTests {
  @Test func accuraciesAreThoseOfScikitLearn() throws {
    let recorded = try Recorded.load()
    let (x, y) = (try Matrix(recorded.iris.samples), recorded.iris.labels)
    for row in recorded.leaveOneOut {
      #expect(abs(try NeighbourProbe(k: row.k).leaveOneOutAccuracy(x, labels: y) - row.accuracy) < 1e-12)
    }
    let train = stride(from: 0, to: 150, by: 2)
    let test = stride(from: 1, to: 150, by: 2)
    for row in recorded.split {
      let accuracy = try NeighbourProbe(k: row.k).accuracy(
        of: Matrix(test.map { recorded.iris.samples[$0] }), labels: test.map { y[$0] },
        from: Matrix(train.map { recorded.iris.samples[$0] }), labels: train.map { y[$0] })
      #expect(abs(accuracy - row.accuracy) < 1e-12)
    }
  }

  @Test func tiesGoToTheSmallestLabel() throws {
    let x = try Matrix([[0], [1], [2], [3]])
    #expect(try NeighbourProbe(k: 4).predict(Matrix([[1.4]]), from: x, labels: [7, 7, 2, 2]) == [2])
  }

  @Test func labelsMustMatch() throws {
    let x = try Matrix([[0], [1]])
    let error = #expect(throws: AnalysisError.self) {
      try NeighbourProbe(k: 1).leaveOneOutAccuracy(x, labels: [1])
    }
    #expect(error?.description == "knn: 1 labels for 2 samples; give one label a sample")
  }
}

@Suite struct PreservationTests {
  @Test func trustworthinessIsThatOfScikitLearn() throws {
    let recorded = try Recorded.load()
    let x = try Matrix(recorded.cloud)
    let poor = try Matrix(recorded.cloud.map { [$0[0], $0[1]] })
    for row in recorded.trustworthiness {
      #expect(abs(try Preservation(of: x, in: poor, k: row.k).trustworthiness - row.value) < 1e-12)
    }
  }

  @Test func anEmbeddingPreservesItself() throws {
    let (x, _) = try clouds(2, each: 30, columns: 3, distance: 2, seed: 4)
    let same = try Preservation(of: x, in: x, k: 7)
    #expect(same.trustworthiness == 1 && same.recall == 1)
  }

  @Test func impossibleArguments() throws {
    let (x, _) = try clouds(1, each: 10, columns: 2, distance: 0, seed: 1)
    #expect(throws: AnalysisError.self) { try Preservation(of: x, in: x, k: 5) }
    #expect(throws: AnalysisError.self) { try Preservation(of: x, in: Matrix([[0, 0]]), k: 2) }
  }
}
