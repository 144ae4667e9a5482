/// A picture in bytes: interleaved RGB, rows from the top.
public struct ContactSheet: Sendable, Equatable {
  /// In pixels.
  public let width, height: Int
  /// `3 * width * height` bytes.
  public let rgb: [UInt8]
}

extension FaceDataset {
  /// The images of the selection side by side on white, row by row.
  ///
  /// - Parameters:
  ///   - columns: images per row; by default as many as make the sheet roughly square.
  ///   - gap: white pixels between images.
  /// - Throws: ``FacesError/badParameter(name:value:allowed:)``, also for more than 4096 images.
  public func contactSheet(columns: Int? = nil, gap: Int = 1) throws(FacesError) -> ContactSheet {
    try FaceRecipe.check("the number of images on a sheet", count, in: 1...4096)
    var square = 1
    while square * square < count { square += 1 }
    let columns = columns ?? square
    try FaceRecipe.check("columns", columns, in: 1...4096)
    try FaceRecipe.check("gap", gap, in: 0...64)
    let across = min(columns, count)
    let down = (count + across - 1) / across
    let step = size + gap
    let (width, height) = (across * step - gap, down * step - gap)
    var rgb = [UInt8](repeating: 255, count: 3 * width * height)
    for position in 0..<count {
      let image = try pixels(position)
      let corner = (position / across * width + position % across) * step
      for row in 0..<size {
        for column in 0..<size {
          let target = 3 * (corner + row * width + column)
          for channel in 0..<3 {
            rgb[target + channel] = UInt8(image[(channel * size + row) * size + column] * 255 + 0.5)
          }
        }
      }
    }
    return ContactSheet(width: width, height: height, rgb: rgb)
  }
}

extension FaceDataset: CustomStringConvertible {
  /// One line, such as "Faces: 1536 images of 32 x 32, 24 subjects, posed, seed 1".
  public var description: String {
    let people = Set(column(\.subject)).count
    return "Faces: \(count) images of \(size) x \(size), \(people) subject\(people == 1 ? "" : "s"), "
      + "\(recipe.mode.rawValue), seed \(recipe.seed)"
  }
}
