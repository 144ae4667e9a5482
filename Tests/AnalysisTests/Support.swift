import Foundation
import Tensor

@testable import Analysis

/// What scikit-learn and NumPy made of the fixed data sets (Tests/Fixtures/analysis/make.py).
struct Recorded: Decodable {
  struct Iris: Decodable {
    let samples: [[Double]]
    let labels: [Int]
  }
  struct PCA: Decodable {
    let data, components, projected: [[Double]]
    let variances: [Double]
    let total: Double
  }
  struct Run: Decodable {
    let method, `init`: String
    let kl, trustworthiness: Double
  }
  struct Accuracy: Decodable {
    let k: Int
    let accuracy: Double
  }
  struct Trust: Decodable {
    let k: Int
    let value: Double
  }
  let iris: Iris
  let pca: [PCA]
  let tsne: [Run]
  let leaveOneOut, split: [Accuracy]
  let neighbourDistances, cloud: [[Double]]
  let trustworthiness: [Trust]

  static func load() throws -> Recorded {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../Fixtures/analysis/analysis.json")
    return try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: file))
  }
}

extension Matrix {
  init(_ rows: [[Double]]) throws {
    try self.init(rows: rows.count, columns: rows.first?.count ?? 0, values: rows.flatMap { $0 })
  }

  var nested: [[Double]] { (0..<rows).map { Array(self[row: $0]) } }
}

/// Normal clouds of unit spread around centres `distance` apart on the axes; labels by cloud.
func clouds(_ count: Int, each: Int, columns: Int, distance: Double, seed: UInt64) throws -> (Matrix, [Int]) {
  var random = RandomStream(seed: seed)
  var (rows, labels) = ([[Double]](), [Int]())
  for cloud in 0..<count {
    for _ in 0..<each {
      rows.append((0..<columns).map { random.normal() + ($0 == cloud ? distance : 0) })
      labels.append(cloud)
    }
  }
  return (try Matrix(rows), labels)
}

/// The coordinates by axis, as the inner loops want them.
func byAxis(_ matrix: Matrix) -> [Double] {
  (0..<matrix.columns).flatMap { c in (0..<matrix.rows).map { matrix.values[$0 * matrix.columns + c] } }
}
