import CAnalysis
import Glibc

/// The size of a grid, a function of the size of the embedding alone.
struct GridGeometry: Equatable {
  /// The distance of nodes.
  let spacing: Double
  /// Nodes a side that points can touch, a multiple of eight.
  let used: Int
  /// Nodes a side in all, so that the circular convolution does not wrap around.
  let size: Int

  /// A small embedding is divided into this many intervals at least, a large one into that many at most.
  private static let (fewest, most) = (40.0, 1000.0)
  /// Nodes by which kernels are wider than the farthest pair: there the ringing of the splines at the seam has died out.
  private static let margin = 12

  init(extent: Double, spacing: Double) {
    var step = spacing
    for _ in 0..<60 where extent > 0 && extent < Self.fewest * step { step /= 2 }
    step = max(step, extent / Self.most)
    let intervals = Int((extent / step).rounded(.up))
    self.spacing = step
    used = (intervals + 6 + 7) / 8 * 8
    // A spline has two nodes before and two after the interval of its point.
    size = Self.transformable(atLeast: max(2 * (intervals + 3) + Self.margin, used))
  }

  /// The next multiple of eight without prime factors beyond 5.
  private static func transformable(atLeast least: Int) -> Int {
    var size = (least + 7) / 8 * 8
    while true {
      var rest = size
      for factor in [2, 3, 5] { while rest % factor == 0 { rest /= factor } }
      if rest == 1 { return size }
      size += 8
    }
  }
}

/// The two kernels of t-SNE on a periodic square grid: q = 1 / (1 + r^2), and q^2 times the displacement.
final class SplineGrid {
  /// What a convolution leaves in the grid.
  enum Field {
    /// The sums of q^2 (y - y_j), x in the first plane and y in the second.
    case forces
    /// The sums of q_j in the first plane.
    case mass
  }

  let geometry: GridGeometry
  private let twiddles: Buffer<Float>
  // Spectra: of q; and, of what is to become x + i y, the real and the imaginary part.
  private let mass, forcesReal, forcesImaginary: Buffer<Float>
  private let real, imaginary: Buffer<Float>

  init(_ geometry: GridGeometry) {
    self.geometry = geometry
    let n = geometry.size
    twiddles = Buffer(2 * n, filledWith: 0)
    faa_fourier_twiddles(Int32(n), twiddles.start)
    mass = Buffer(n * n, filledWith: 0)
    forcesReal = Buffer(n * n, filledWith: 0)
    forcesImaginary = Buffer(n * n, filledWith: 0)
    real = Buffer(n * n, filledWith: 0)
    imaginary = Buffer(n * n, filledWith: 0)
    fillSpectra()
  }

  /// Transforms the kernels, and divides by the spectrum of the splines at both ends, so that pairs of nodes get the kernels' own values.
  private func fillSpectra() {
    let (n, h) = (geometry.size, geometry.spacing)
    let spline = Buffer((0..<n).map { pow((2 + cos(2 * .pi * Double($0) / Double(n))) / 3, 2) })
    let (re, im, weight) = (real.start, imaginary.start, spline.start)
    func transform(_ kernel: (_ x: Double, _ q: Double) -> Double) {
      parallel(n, grain: 8) { range in
        for row in range {
          let y = h * Double(row < n / 2 ? row : row - n)
          for column in 0..<n {
            let x = h * Double(column < n / 2 ? column : column - n)
            re[row * n + column] = Float(kernel(x, 1 / (1 + x * x + y * y)))
            im[row * n + column] = 0
          }
        }
      }
      rows(n, inverse: false)
      let (size, table) = (Int32(n), twiddles.start)
      parallel(n, grain: 8) { range in
        let work = Buffer<Float>(uninitialized: 32 * n)
        faa_fourier_columns(size, table, re, im, Int32(range.lowerBound), Int32(range.upperBound), work.start)
      }
    }
    // Even kernels have real spectra, odd ones imaginary spectra; the one along y is that along x transposed. The seam of an odd kernel is 0.
    let seam = -h * Double(n / 2)
    transform { $1 }
    let (q, fr, fi) = (mass.start, forcesReal.start, forcesImaginary.start)
    parallel(n, grain: 8) { range in
      for row in range {
        for column in 0..<n {
          q[row * n + column] = re[row * n + column] / Float(weight[row] * weight[column])
        }
      }
    }
    transform { $0 == seam ? 0 : $0 * $1 * $1 }
    parallel(n, grain: 8) { range in
      for row in range {
        for column in 0..<n {
          let divisor = Float(weight[row] * weight[column])
          fi[row * n + column] = im[row * n + column] / divisor
          fr[row * n + column] = -im[column * n + row] / divisor
        }
      }
    }
  }

  private func rows(_ count: Int, inverse: Bool) {
    let (n, table, re, im) = (geometry.size, twiddles.start, real.start, imaginary.start)
    parallel(count, grain: 8) { range in
      let work = Buffer<Float>(uninitialized: 32 * n)
      faa_fourier_rows(
        Int32(n), table, re, im, Int32(range.lowerBound), Int32(range.upperBound), inverse ? 1 : 0, work.start
      )
    }
  }

  /// Spreads points, by axis, to the nodes around them.
  func spread(_ points: UnsafePointer<Double>, count: Int, _ box: PlaneBox) {
    let (n, used) = (geometry.size, geometry.used)
    real.start.update(repeating: 0, count: used * n)
    imaginary.start.update(repeating: 0, count: used * n)
    faa_grid_spread(
      Int32(n), Int64(count), points, points + count, box.low.x, box.low.y, 1 / geometry.spacing, real.start)
  }

  /// Leaves a field of the points that were spread in the grid, and returns sum_ij q_ij with i = j among them.
  func convolve(_ field: Field) -> Double {
    let (n, used) = (geometry.size, geometry.used)
    rows(used, inverse: false)
    let zeros = Buffer<Float>(field == .mass ? n * n : 0, filledWith: 0)
    let totals = Buffer<Double>(n / 8, filledWith: 0)
    let (table, q, re, im, total) = (twiddles.start, mass.start, real.start, imaginary.start, totals.start)
    let factor = field == .mass ? (q, zeros.start) : (forcesReal.start, forcesImaginary.start)
    parallel(n, grain: 8) { range in
      let work = Buffer<Float>(uninitialized: 32 * n)
      faa_grid_convolve(
        Int32(n), table, Int32(used), q, factor.0, factor.1, re, im, Int32(range.lowerBound),
        Int32(range.upperBound), total, work.start)
    }
    rows(used, inverse: true)
    return totals.total / Double(n * n)
  }

  /// The field left in the grid, at points of the box.
  func interpolate(
    at points: UnsafePointer<Double>, count: Int, _ box: PlaneBox, into first: UnsafeMutablePointer<Double>,
    _ second: UnsafeMutablePointer<Double>
  ) {
    let (n, re, im, scale) = (geometry.size, real.start, imaginary.start, 1 / geometry.spacing)
    let share = 1 / Double(n * n)
    parallel(count, grain: 2048) { range in
      faa_grid_interpolate(
        Int32(n), Int64(range.lowerBound), Int64(range.upperBound), points, points + count, box.low.x,
        box.low.y,
        scale, re, im, first, second)
      for index in range {
        first[index] *= share
        second[index] *= share
      }
    }
  }
}
