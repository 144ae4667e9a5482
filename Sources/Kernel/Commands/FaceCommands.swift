import Faces
import Figures
import Runtime
import Syntax
import Tensor

/// Face data.
let faceCommands: [Command] = [
  Command(
    "Faces",
    "Procedural faces with exact labels: action units, expression, valence and arousal, pain, pose, landmarks.",
    [
      .optional("subjects", .int, default: 24, "how many people"),
      .optional("images", .int, default: 64, "images of each"),
      .optional("size", .int, default: 32, "the side of an image in pixels, 16 to 512"),
      .optional("seed", .int, default: 0, "seeds everything"),
      .optional(
        "preset", .choice(Preset.allCases.map(\.rawValue)), default: "standard",
        "how varied pose, light and noise are"),
      .optional(
        "mode", .choice(Elicitation.allCases.map(\.rawValue)), default: "posed",
        "posed, spontaneous or in pain"),
    ],
    returns: "a data set of subjects × images faces",
    errors: [("BadParameter", "a number outside its range")],
    example: "Faces(subjects: 2, images: 4, size: 16, seed: 1).count  # 8", effects: [.creates("Faces")]
  ) { a in
    let recipe = FaceRecipe(
      subjects: try a.int("subjects"), imagesPerSubject: try a.int("images"), size: try a.int("size"),
      seed: UInt64(bitPattern: Int64(try a.int("seed"))), preset: try a.choice("preset", of: Preset.self),
      mode: try a.choice("mode", of: Elicitation.self))
    return .object(FacesObject(try FaceDataset(recipe)))
  }
]

/// A set of faces, or a part of one.
final class FacesObject: HostObject {
  let dataset: FaceDataset

  init(_ dataset: FaceDataset) { self.dataset = dataset }

  var typeName: String { "Faces" }

  func summary() -> String {
    let subjects = Set(dataset.column(\.subject)).count
    let images = "\(dataset.count) image\(dataset.count == 1 ? "" : "s")"
    let people = "\(subjects) subject\(subjects == 1 ? "" : "s")"
    return "Faces: \(images) of \(people), \(dataset.size) × \(dataset.size) RGB"
  }

  /// The head of the set as a contact sheet, with the counts of each expression.
  func display(width: Int) -> Display {
    var counts = [Int](repeating: 0, count: Expression.allCases.count)
    for code in dataset.column(\.expression) where counts.indices.contains(code) { counts[code] += 1 }
    let line = zip(Expression.names, counts).map { "\($0) \($1)" }.joined(separator: " · ")
    let lines = [summary(), line, "labels: " + FaceColumn.allCases.map(\.rawValue).joined(separator: ", ")]
    return Display(text: lines.flatMap { TextWidth.folded($0, to: max(20, width)) }.joined(separator: "\n"))
  }

  var memberNames: [String] {
    ["images", "count", "size", "classes", "units", "split"] + FaceColumn.allCases.map(\.rawValue)
  }

  func member(_ name: String) throws -> Value? {
    switch name {
    case "images": return .tensor(try dataset.images())
    case "count": return .int(dataset.count)
    case "size": return .int(dataset.size)
    case "classes": return .list(Expression.names.map { .text($0) })
    case "units": return .list(ActionUnit.all.map { .int($0.code) })
    case "split": return split
    default: return try FaceColumn(rawValue: name).map { .tensor(try dataset.tensor($0)) }
    }
  }

  private var split: Value {
    .native(
      "split",
      [
        .optional(
          "by", .choice(SplitUnit.allCases.map(\.rawValue)), default: "subject", "what stays together"),
        .required("fractions", .sequence, "the share of each part, summing to 1"),
        .optional("seed", .int, default: 0, "which part each falls into"),
      ], summary: "Deals the set into parts; by subject, no person appears in two of them."
    ) { [dataset] a in
      let parts = try dataset.split(
        by: a.choice("by", of: SplitUnit.self), a.doubles("fractions"),
        seed: UInt64(bitPattern: Int64(a.int("seed"))))
      return .tuple(parts.map { .object(FacesObject($0)) })
    }
  }

  func subscripted(_ indices: [Index]) throws -> Value {
    guard indices.count == 1, let index = indices.first else {
      throw CommandError(
        "IndexOutOfRange", "Faces has one axis, the images", help: "as in faces[0:16] or faces[3]")
    }
    switch index {
    case .at(let position):
      return .object(
        FacesObject(try dataset.subset([Index.position(position, count: dataset.count, of: "Faces")])))
    case .slice(let start, let stop, let step):
      return .object(
        FacesObject(
          try dataset.subset(Index.positions(start: start, stop: stop, step: step, count: dataset.count))))
    case .tensor(let tensor):
      let positions = tensor.dtype == .bool ? try tensor.nonzeroIndices().ints() : try tensor.ints()
      return .object(
        FacesObject(
          try dataset.subset(positions.map { try Index.position($0, count: dataset.count, of: "Faces") })))
    default: throw CommandError("IndexOutOfRange", "Faces takes positions, slices or masks")
    }
  }
}

extension Arguments {
  /// Images (n, channels, side, side) of a tensor or a data set.
  func images(_ name: String) throws -> Tensor {
    if case .object(let box) = self[name], let faces = box.object as? FacesObject {
      return try faces.dataset.images()
    }
    return try tensor(name)
  }

  /// Images for a model to see: floats.
  func visibleImages(_ name: String) throws -> Tensor {
    let images = try images(name)
    guard images.dtype.isFloating else {
      throw error(
        "DTypeMismatch", name, "holds \(images.dtype), and images are floats from 0 to 1",
        help: "bytes: cast(x, f32) / 255")
    }
    return images
  }
}
