import CAnalysis

/// The repulsion of fixed points on others that move among them without seeing each other.
protocol ReferenceField: AnyObject {
  /// Sets `forces` to sum_j q_ij^2 (x_i - y_j) and `masses` to sum_j q_ij over the fixed points y_j, for `count` points x_i by axis.
  func act(
    on points: UnsafePointer<Double>, count: Int, forces: UnsafeMutablePointer<Double>,
    masses: UnsafeMutablePointer<Double>)
}

/// From so many fixed points on the plane grids are cheaper than sums, since they are made once.
private let gridThreshold = 2000

/// The field of `references` (by axis): kept in grids for many points of the plane, summed anew otherwise.
func referenceField(_ references: [Double], dimensions: Int) -> any ReferenceField {
  let count = references.count / dimensions
  let sum = SummedField(references, dimensions: dimensions)
  return dimensions == 2 && count >= gridThreshold
    ? GridField(references, exact: sum) : sum
}

/// Sums over all fixed points.
private final class SummedField: ReferenceField {
  private let references: Buffer<Double>
  private let dimensions: Int

  init(_ references: [Double], dimensions: Int) {
    self.references = Buffer(references)
    self.dimensions = dimensions
  }

  func act(
    on points: UnsafePointer<Double>, count: Int, forces: UnsafeMutablePointer<Double>,
    masses: UnsafeMutablePointer<Double>
  ) {
    let (y, d) = (references.start, dimensions)
    let n = references.count / d
    parallel(count, grain: 64) { range in
      faa_tsne_repulsion(
        Int32(d), Int64(n), y, Int64(count), points, Int64(range.lowerBound), Int64(range.upperBound), forces,
        masses)
    }
  }
}

/// Fields computed once on grids of the plane; points outside their box are summed.
private final class GridField: ReferenceField {
  private let box: PlaneBox
  private let forces, mass: SplineGrid
  private let exact: SummedField

  init(_ references: [Double], exact: SummedField) {
    let points = Buffer(references)
    let count = references.count / 2
    box = PlaneBox(points.start, count: count)
    let geometry = GridGeometry(extent: box.extent, spacing: InterpolationRepulsion().spacing)
    forces = SplineGrid(geometry)
    mass = SplineGrid(geometry)
    self.exact = exact
    forces.spread(points.start, count: count, box)
    _ = forces.convolve(.forces)
    mass.spread(points.start, count: count, box)
    _ = mass.convolve(.mass)
  }

  func act(
    on points: UnsafePointer<Double>, count: Int, forces out: UnsafeMutablePointer<Double>,
    masses: UnsafeMutablePointer<Double>
  ) {
    // Points that have left the box are read at its corner, and then summed.
    let inside = Buffer<Double>(UnsafeBufferPointer(start: points, count: 2 * count))
    let outside = (0..<count).filter { !box.contains(points[$0], points[count + $0]) }
    for index in outside { (inside.start[index], inside.start[count + index]) = (box.low.x, box.low.y) }
    let unused = Buffer<Double>(uninitialized: count)
    forces.interpolate(at: inside.start, count: count, box, into: out, out + count)
    mass.interpolate(at: inside.start, count: count, box, into: masses, unused.start)
    let m = outside.count
    guard m > 0 else { return }
    let others = Buffer(outside.map { points[$0] } + outside.map { points[count + $0] })
    let summed = Buffer<Double>(uninitialized: 3 * m)
    exact.act(on: others.start, count: m, forces: summed.start, masses: summed.start + 2 * m)
    for (place, index) in outside.enumerated() {
      out[index] = summed.start[place]
      out[count + index] = summed.start[m + place]
      masses[index] = summed.start[2 * m + place]
    }
  }
}
