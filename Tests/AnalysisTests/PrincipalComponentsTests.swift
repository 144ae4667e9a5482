import Testing

@testable import Analysis

@Suite struct PrincipalComponentsTests {
  @Test func agreesWithNumPyForTallAndWideData() throws {
    for row in try Recorded.load().pca {
      let x = try Matrix(row.data)
      let pca = try PrincipalComponents(of: x, count: row.components.count)
      #expect(abs(pca.totalVariance - row.total) < 1e-10 * row.total)
      for (mine, theirs) in zip(pca.variances, row.variances) {
        #expect(abs(mine - theirs) < 1e-10 * row.total)
      }
      for (mine, theirs) in zip(pca.components.values, row.components.joined()) {
        #expect(abs(mine - theirs) < 1e-9)
      }
      for (mine, theirs) in zip(try pca.project(x).values, row.projected.joined()) {
        #expect(abs(mine - theirs) < 1e-8)
      }
    }
  }

  @Test func constantDataHaveNoVariance() throws {
    let pca = try PrincipalComponents(of: Matrix([[1, 2], [1, 2], [1, 2]]), count: 1)
    #expect(pca.variances == [0] && pca.totalVariance == 0)
  }

  @Test(arguments: [0, 3, -1])
  func impossibleCounts(count: Int) throws {
    let error = #expect(throws: AnalysisError.self) {
      try PrincipalComponents(of: Matrix([[1, 2, 3], [4, 5, 7], [0, 0, 1]]), count: count)
    }
    #expect(error?.help == "ask for 1 to 2 components")
  }

  @Test func otherWidth() throws {
    let pca = try PrincipalComponents(of: Matrix([[1, 2], [3, 5], [0, 1]]), count: 1)
    #expect(throws: AnalysisError.self) { try pca.project(Matrix([[1]])) }
  }
}
