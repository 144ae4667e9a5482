/// A request the generator cannot serve; the description says what was asked and what would work.
public enum FacesError: Error, Equatable, CustomStringConvertible {
  /// A parameter outside its range: its name, the value given and what is allowed.
  case badParameter(name: String, value: String, allowed: String)
  /// A FACS code the generator does not draw.
  case unknownActionUnit(Int)
  /// Fractions that do not describe a split.
  case badFractions(String)
  /// A part of a split that would stay empty: its position, the unit of the split and how many there are.
  case emptyPart(index: Int, by: String, available: Int)
  /// An index or range outside the data set.
  case outOfRange(index: Int, count: Int)

  /// One line for the user.
  public var description: String {
    switch self {
    case .badParameter(let name, let value, let allowed):
      "Faces: \(name) is \(value), but must be \(allowed)"
    case .unknownActionUnit(let code):
      "Faces: action unit \(code) is not drawn; known are "
        + ActionUnit.all.map { String($0.code) }.joined(separator: ", ")
    case .badFractions(let problem):
      "split: \(problem); give positive fractions that sum to 1, such as [0.6, 0.2, 0.2]"
    case .emptyPart(let index, let by, let available):
      "split: part \(index) would be empty, there are only \(available) \(by)s to distribute; "
        + "use fewer parts, a larger fraction or more \(by)s"
    case .outOfRange(let index, let count):
      "Faces: image \(index) does not exist, the set has \(count) (0 to \(count - 1))"
    }
  }
}

/// The independent streams of random numbers of one data set, numbered so that no two ever coincide.
enum Stream {
  /// The stream that draws a subject.
  static func identity(subject: Int) -> UInt64 { 1 << 60 | UInt64(max(0, subject)) }
  /// The streams of one image.
  static func expression(image: Int) -> UInt64 { 2 << 60 | UInt64(max(0, image)) }
  /// See ``expression(image:)``.
  static func conditions(image: Int) -> UInt64 { 3 << 60 | UInt64(max(0, image)) }
  /// See ``expression(image:)``.
  static func votes(image: Int) -> UInt64 { 4 << 60 | UInt64(max(0, image)) }
  /// The stream that shuffles for a split.
  static let split: UInt64 = 5 << 60
  /// The stream that shuffles one epoch's batches.
  static func batches(epoch: Int) -> UInt64 { 6 << 60 | UInt64(max(0, epoch)) }
}
