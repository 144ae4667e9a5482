import Tensor

/// One entry of a subscript `x[a, b:c, ..., mask]`.
public enum Index {
  /// One position; negative counts from the end.
  case at(Int)
  /// `start:stop:step` with open ends as nil; step is not 0.
  case slice(start: Int?, stop: Int?, step: Int)
  /// `...`: as many full axes as fit.
  case ellipsis
  /// `none`: a new axis of length 1.
  case newAxis
  /// A boolean mask or integer positions.
  case tensor(Tensor)
  /// A name.
  case key(String)

  /// The position meant by `index` among `count`; throws `IndexOutOfRange` that names `what`.
  public static func position(_ index: Int, count: Int, of what: String) throws -> Int {
    let position = index < 0 ? index &+ count : index
    guard position >= 0, position < count else {
      let range = count == 0 ? "it is empty" : "valid are \(-count)...\(count - 1)"
      throw CommandError(
        "IndexOutOfRange",
        "index \(index) is out of range for \(what) of \(count) element\(count == 1 ? "" : "s"): \(range)")
    }
    return position
  }

  /// The positions a slice selects among `count`, with the clamping rules of Python.
  public static func positions(start: Int?, stop: Int?, step: Int, count: Int) -> StrideTo<Int> {
    let (from, to) = ends(start, stop, step, count)
    return stride(from: from, to: to, by: step == 0 ? -1 : step)
  }

  /// The first of these positions and how many they are.
  static func run(start: Int?, stop: Int?, step: Int, count: Int) -> (first: Int, count: Int) {
    let (from, to) = ends(start, stop, step, count)
    let distance = step > 0 ? to - from : from - to
    return (from, distance > 0 ? (distance - 1) / max(1, Int(clamping: step.magnitude)) + 1 : 0)
  }

  /// Where a slice begins, and the first position in its direction that it does not reach.
  private static func ends(_ start: Int?, _ stop: Int?, _ step: Int, _ count: Int) -> (from: Int, to: Int) {
    func clamp(_ value: Int, _ low: Int, _ high: Int) -> Int {
      let absolute = value < 0 ? max(value &+ count, step < 0 ? -1 : 0) : value
      return min(max(absolute, low), high)
    }
    if step > 0 {
      return (start.map { clamp($0, 0, count) } ?? 0, stop.map { clamp($0, 0, count) } ?? count)
    }
    return (start.map { clamp($0, -1, count - 1) } ?? count - 1, stop.map { clamp($0, -1, count - 1) } ?? -1)
  }
}
