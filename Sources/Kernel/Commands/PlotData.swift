import Analysis
import Figures
import Runtime
import Tensor

/// What the arguments of `plot` ask for, as marks.
struct PlotData {
  private let a: Arguments

  init(_ arguments: Arguments) { a = arguments }

  func marks() throws -> [Mark] {
    let data = a.rest("data")
    guard let first = data.first else {
      throw a.error("MissingArgument", "data", "is needed: what is to be drawn")
    }
    if data.count == 2 {
      return try [series(x: numbers(first), y: numbers(data[1]), label: a.string("label"))]
    }
    guard data.count == 1 else {
      throw a.error("InvalidArgument", "data", "is one series, or x and y, not \(data.count)")
    }
    switch first {
    case .record(let box):
      return try zip(box.keys, box.values).map { name, values in
        if case .tuple(let pair) = values, pair.elements.count == 2 {
          return try series(x: numbers(pair.elements[0]), y: numbers(pair.elements[1]), label: name)
        }
        return try series(x: nil, y: numbers(values), label: name)
      }
    case .object(let box):
      if let embedding = box.object as? EmbeddingObject { return try [points(embedding.points.tensor())] }
      if let run = box.object as? RunObject { return [.line(y: run.history.losses, label: "loss")] }
      throw a.mismatch("data", expected: "numbers, points, a record of series, an embedding or a run")
    case .tensor(let tensor) where tensor.rank == 2 && tensor.shape[1] == 2:
      return try [points(tensor)]
    case .tensor(let tensor) where tensor.rank == 2:
      return try (0..<tensor.shape[1]).map { column in
        try series(x: nil, y: tensor.narrowed(axis: 1, start: column, count: 1).doubles(), label: "\(column)")
      }
    default: return try [series(x: nil, y: numbers(first), label: a.string("label"))]
    }
  }

  private func numbers(_ value: Value) throws -> [Double] {
    if case .tensor(let tensor) = value { return try tensor.doubles() }
    guard let elements = try value.elementsInOrder() else {
      throw a.mismatch("data", expected: "numbers: a tensor or a list")
    }
    return try elements.map {
      guard let number = $0.number else { throw a.mismatch("data", expected: "numbers: a tensor or a list") }
      return number
    }
  }

  private func series(x: [Double]?, y: [Double], label: String) throws -> Mark {
    if let x, x.count != y.count {
      throw a.error("ShapeMismatch", "data", "has \(x.count) x for \(y.count) y")
    }
    switch try a.string("kind") {
    case "histogram": return .histogram(y, label: label)
    case "scatter":
      let x = x ?? y.indices.map(Double.init)
      if a.isNone("color") { return .scatter(x: x, y: y, label: label) }
      return try .scatter(x: x, y: y, colours: colours(count: y.count))
    default:
      if !a.isNone("color") {
        return try .scatter(x: x ?? y.indices.map(Double.init), y: y, colours: colours(count: y.count))
      }
      return .line(x: x, y: y, label: label)
    }
  }

  private func points(_ tensor: Tensor) throws -> Mark {
    let x = try tensor.narrowed(axis: 1, start: 0, count: 1).doubles()
    let y = try tensor.narrowed(axis: 1, start: 1, count: 1).doubles()
    if a.isNone("color") { return try .scatter(x: x, y: y, label: a.string("label")) }
    return try .scatter(x: x, y: y, colours: colours(count: x.count))
  }

  private func colours(count: Int) throws -> PointColours {
    let tensor = try a.tensor("color")
    guard tensor.count == count else {
      throw a.error("ShapeMismatch", "color", "has \(tensor.count) entries for \(count) points")
    }
    if tensor.dtype.isFloating {
      return .values(try tensor.doubles(), .viridis, label: try a.string("label"))
    }
    let classes = try tensor.ints()
    let given = try a.optional("names") { try a.sequence($0).map(\.plainText) } ?? []
    // Only classes that occur get an entry in the legend.
    let present = Set(classes).sorted()
    let place = Dictionary(uniqueKeysWithValues: present.enumerated().map { ($1, $0) })
    let names = present.map { given.indices.contains($0) ? given[$0] : "\($0)" }
    return .classes(classes.map { place[$0] ?? 0 }, names: names)
  }
}
