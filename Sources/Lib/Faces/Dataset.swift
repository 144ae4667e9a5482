import Tensor

/// A set of procedural faces with exact labels, or a selection of one. Selections share the images.
public struct FaceDataset: Sendable {
  /// How the faces were made.
  public let recipe: FaceRecipe
  /// The positions of the selected images in the full set.
  public let indices: [Int]
  private let store: FaceStore

  /// Draws the faces of a recipe on all cores. The bits do not depend on the number of threads.
  ///
  /// - Parameter threads: how many threads draw; by default one per core.
  /// - Throws: ``FacesError/badParameter(name:value:allowed:)``; `Interrupted` when the user stops it.
  public init(_ recipe: FaceRecipe, threads: Int? = nil) throws {
    try recipe.validate()
    if let threads { try FaceRecipe.check("threads", threads, in: 1...1024) }
    self.recipe = recipe
    store = try FaceStore(recipe, threads: threads ?? FaceStore.cores)
    indices = Array(0..<recipe.count)
  }

  private init(recipe: FaceRecipe, indices: [Int], store: FaceStore) {
    self.recipe = recipe
    self.indices = indices
    self.store = store
  }

  /// The number of images.
  public var count: Int { indices.count }
  /// The side of an image in pixels.
  public var size: Int { recipe.size }
  /// The number of values of one image: 3 planes of `size` x `size`.
  public var valuesPerImage: Int { 3 * recipe.size * recipe.size }

  /// The images at these positions of the selection; a position may repeat.
  /// - Throws: ``FacesError/outOfRange(index:count:)``.
  public func subset(_ positions: some Sequence<Int>) throws(FacesError) -> FaceDataset {
    var selected: [Int] = []
    for position in positions { selected.append(try place(position)) }
    return FaceDataset(recipe: recipe, indices: selected, store: store)
  }

  /// Everything known about one image.
  /// - Throws: ``FacesError/outOfRange(index:count:)``.
  public func labels(_ position: Int) throws(FacesError) -> FaceLabels { store.labels[try place(position)] }

  /// One image: planar RGB in 0...1, `valuesPerImage` values, rows from the top.
  /// - Throws: ``FacesError/outOfRange(index:count:)``.
  public func pixels(_ position: Int) throws(FacesError) -> [Float] {
    let start = try place(position) * valuesPerImage
    return Array(store.pixels[start..<start + valuesPerImage])
  }

  /// Copies one image to `target`, which has room for `valuesPerImage` values.
  func copyPixels(index: Int, to target: UnsafeMutablePointer<Float>) {
    let length = valuesPerImage
    store.pixels.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      target.update(from: base + index * length, count: length)
    }
  }

  /// One value per image, in the order of the selection.
  public func column<T>(_ value: (FaceLabels) -> T) -> [T] { indices.map { value(store.labels[$0]) } }

  /// The scene of one image, to be changed and drawn again.
  /// - Throws: ``FacesError/outOfRange(index:count:)``.
  public func scene(_ position: Int) throws(FacesError) -> FaceScene {
    recipe.scene(try place(position)).scene
  }

  /// The positions of the batches of one epoch; every image once, the last batch may be smaller.
  ///
  /// - Parameters:
  ///   - epoch: each epoch of a seed has its own order.
  ///   - shuffled: false keeps the order of the selection.
  /// - Throws: ``FacesError/badParameter(name:value:allowed:)`` for a batch size below 1.
  public func batches(
    of batch: Int, epoch: Int = 0, seed: UInt64 = 0, shuffled: Bool = true
  ) throws(FacesError) -> [[Int]] {
    try FaceRecipe.check("batch", batch, in: 1...Int(Int32.max))
    var random = RandomStream(seed: seed, stream: Stream.batches(epoch: epoch))
    let order = shuffled ? random.permutation(count) : Array(0..<count)
    return stride(from: 0, to: count, by: batch).map { Array(order[$0..<min($0 + batch, count)]) }
  }

  /// The position in the full set; negative positions are errors, not counted from the end.
  func place(_ position: Int) throws(FacesError) -> Int {
    guard position >= 0 && position < indices.count else {
      throw .outOfRange(index: position, count: indices.count)
    }
    return indices[position]
  }
}
