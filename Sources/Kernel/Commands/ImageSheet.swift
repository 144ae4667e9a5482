import Figures
import Runtime
import Tensor

/// What the arguments of `images` ask for, as a figure.
struct ImageSheet {
  /// The most images on a sheet.
  static let limit = 256

  private let a: Arguments
  init(_ arguments: Arguments) { a = arguments }

  func figure() throws -> Figure {
    var images = try Self.rasters(a.images("images"))
    if !a.isNone("maps") { images = try overlaid(images) }
    let captions = try a.optional("captions") { try a.sequence($0).map(\.plainText) } ?? []
    try check(captions.count, images.count, "captions")
    let weights = try a.optional("weights") { try a.doubles($0) } ?? []
    try check(weights.count, images.count, "weights")
    let order = try ranking(weights, count: images.count)
    return .images(
      order.map { images[$0] }, captions: captions.isEmpty ? [] : order.map { captions[$0] },
      badges: weights.isEmpty ? [] : order.map { fixed(weights[$0], 2) },
      rowNames: try a.optional("rows") { try a.sequence($0).map(\.plainText) } ?? [],
      columns: try a.optionalInt("columns", atLeast: 1), title: try a.string("title"),
      theme: try a.bool("dark") ? .dark : .light)
  }

  private func check(_ count: Int, _ images: Int, _ name: String) throws {
    guard count == 0 || count == images else {
      throw a.error("ShapeMismatch", name, "has \(count) entries for \(images) images")
    }
  }

  private func ranking(_ weights: [Double], count: Int) throws -> [Int] {
    let given = Array(0..<count)
    let order = try a.string("order")
    guard order != "given" else { return given }
    guard !weights.isEmpty else {
      throw a.error("MissingArgument", "weights", "is needed to order the images by")
    }
    // Equal weights keep their order.
    let ascending = given.sorted { (weights[$0], $0) < (weights[$1], $1) }
    return order == "ascending" ? ascending : ascending.reversed()
  }

  private func overlaid(_ images: [Raster]) throws -> [Raster] {
    let maps = try a.tensor("maps")
    guard maps.rank == 3, maps.shape[0] == images.count else {
      throw a.error(
        "ShapeMismatch", "maps", "has shape \(maps.shape), expected (\(images.count), rows, columns)")
    }
    let (rows, columns) = (maps.shape[1], maps.shape[2])
    let values = try maps.doubles()
    return try images.enumerated().map { index, image in
      try image.overlaid(
        with: Array(values[(index * rows * columns)..<((index + 1) * rows * columns)]), rows: rows,
        columns: columns)
    }
  }

  /// Images of a tensor (n, channels, h, w), (n, h, w) or (h, w), values in 0...1.
  static func rasters(_ images: Tensor) throws -> [Raster] {
    let shape = images.shape
    let channels = images.rank == 4 ? shape[1] : 1
    guard images.rank >= 2, images.rank <= 4, channels == 1 || channels == 3 else {
      throw CommandError(
        "ShapeMismatch", "images: a tensor of shape \(shape) is not images",
        help: "expected (n, 3, h, w), (n, 1, h, w), (n, h, w) or (h, w)")
    }
    let count = images.rank == 2 ? 1 : shape[0]
    guard count <= limit else {
      throw CommandError(
        "InvalidArgument", "images: \(count) images, a sheet takes \(limit)",
        help: "show a part, such as x[0:16]")
    }
    let (height, width) = (shape[images.rank - 2], shape[images.rank - 1])
    let values = try images.floats()
    let size = channels * height * width
    return try (0..<count).map { index in
      try Raster(
        width: width, height: height, channels: channels,
        values: Array(values[(index * size)..<((index + 1) * size)]),
        planar: true)
    }
  }
}
