import CAnalysis
import Foundation
import Tensor
import Testing

@testable import Analysis

@Suite struct FourierTests {
  /// The definition of the transform, line by line, for sizes of every radix and of their products.
  @Test(arguments: [8, 16, 24, 40, 72, 80, 120, 128, 200])
  func rowsAndColumnsAreTheDefinition(n: Int) {
    var random = RandomStream(seed: 5)
    let (re, im) = ((0..<8 * n).map { _ in random.normal() }, (0..<8 * n).map { _ in random.normal() })
    var twiddles = [Float](repeating: 0, count: 2 * n)
    faa_fourier_twiddles(Int32(n), &twiddles)
    var work = [Float](repeating: 0, count: 32 * n)
    func definition(_ line: Int, _ k: Int) -> (Double, Double) {
      var sum = (0.0, 0.0)
      for t in 0..<n {
        let angle = -2 * Double.pi * Double(k * t % n) / Double(n)
        sum.0 += re[line * n + t] * cos(angle) - im[line * n + t] * sin(angle)
        sum.1 += re[line * n + t] * sin(angle) + im[line * n + t] * cos(angle)
      }
      return sum
    }
    // Eight rows, and the same lines as the first eight columns of a square.
    var (rowRe, rowIm) = (re.map(Float.init), im.map(Float.init))
    faa_fourier_rows(Int32(n), twiddles, &rowRe, &rowIm, 0, 8, 0, &work)
    var (columnRe, columnIm) = ([Float](repeating: 0, count: n * n), [Float](repeating: 0, count: n * n))
    for line in 0..<8 {
      for t in 0..<n {
        columnRe[t * n + line] = Float(re[line * n + t])
        columnIm[t * n + line] = Float(im[line * n + t])
      }
    }
    faa_fourier_columns(Int32(n), twiddles, &columnRe, &columnIm, 0, 8, &work)
    let tolerance = 1e-5 * Double(n).squareRoot()
    for line in 0..<8 {
      for k in 0..<n {
        let expected = definition(line, k)
        #expect(abs(Double(rowRe[line * n + k]) - expected.0) < tolerance)
        #expect(abs(Double(rowIm[line * n + k]) - expected.1) < tolerance)
        #expect(abs(Double(columnRe[k * n + line]) - expected.0) < tolerance)
        #expect(abs(Double(columnIm[k * n + line]) - expected.1) < tolerance)
      }
    }
    faa_fourier_rows(Int32(n), twiddles, &rowRe, &rowIm, 0, 8, 1, &work)
    for index in 0..<8 * n { #expect(abs(Double(rowRe[index]) / Double(n) - re[index]) < 1e-5) }
  }
}

@Suite struct InterpolationTests {
  private func errors(_ y: [Double], spacing: Double) throws -> (force: Double, mass: Double) {
    let n = y.count / 2
    var (exact, other) = (y, y)
    let z = ExactRepulsion().solver(count: n, dimensions: 2).repulsion(of: y, into: &exact)
    let w = try InterpolationRepulsion(spacing: spacing).solver(count: n, dimensions: 2).repulsion(
      of: y, into: &other)
    let difference = zip(exact, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let norm = exact.reduce(0) { $0 + $1 * $1 }
    return ((difference / norm).squareRoot(), abs(w / z - 1))
  }

  /// Direct sums against the grid, from the first steps' tiny box to a spread-out one: relative errors, root mean square for forces.
  @Test(arguments: [(1e-4, 1e-6), (0.1, 1e-5), (3, 3e-3), (20, 1e-2), (60, 3e-2)])
  func sumsAreTheDirectOnes(spread: Double, limit: Double) throws {
    var random = RandomStream(seed: 11)
    let y = (0..<4000).map { _ in spread * random.normal() }
    let error = try errors(y, spacing: 0.35)
    #expect(error.force < limit && error.mass < max(limit, 1e-3), "\(error)")
  }

  @Test func errorFallsWithTheFourthPowerOfTheSpacing() throws {
    var random = RandomStream(seed: 12)
    let y = (0..<3000).map { _ in 15 * random.normal() }
    let (coarse, fine) = (try errors(y, spacing: 0.5), try errors(y, spacing: 0.25))
    #expect(fine.force < coarse.force / 6, "\(coarse) \(fine)")
  }

  @Test func pointsInOnePlaceDoNotMove() throws {
    let y = [Double](repeating: 3, count: 40)
    var forces = y
    let mass = try InterpolationRepulsion().solver(count: 20, dimensions: 2).repulsion(of: y, into: &forces)
    #expect(abs(mass / 380 - 1) < 1e-3)
    for force in forces { #expect(abs(force) < 1e-4) }
  }

  @Test func thePlaneOnly() {
    #expect(throws: AnalysisError.self) { try InterpolationRepulsion().solver(count: 9, dimensions: 3) }
    #expect(throws: AnalysisError.self) {
      try InterpolationRepulsion(spacing: 0).solver(count: 9, dimensions: 2)
    }
  }

  /// The three forms end in embeddings of like quality, each in a local minimum of its own; the divergence is computed exactly for each.
  @Test func formsEndAlike() throws {
    let (x, _) = try clouds(4, each: 100, columns: 8, distance: 6, seed: 3)
    let affinities = try PerplexityAffinity(perplexity: 20).affinities(of: x)
    let objective = try Objective(affinities, dimensions: 2, repulsion: ExactRepulsion())
    let divergences = try [ExactRepulsion(), BarnesHutRepulsion(), InterpolationRepulsion()].map {
      (model: any RepulsionModel) in
      var tsne = TSNE(perplexity: 20)
      tsne.repulsion = model
      return objective.divergence(at: byAxis(try tsne.embed(x).points))
    }
    for divergence in divergences { #expect(abs(divergence / divergences[0] - 1) < 0.1, "\(divergences)") }
  }
}
