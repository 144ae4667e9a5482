import Foundation

extension TikZ {
  /// The most pixels of an image that is written as rectangles: heat maps, confusion matrices, colour bars and small pictures have fewer, a crowd
  /// of points that was painted has more.
  private static let mostPixels = 1 << 14

  /// Rectangles reach this far over the next ones, in units of the picture: without it viewers show seams.
  private static let overlap = 0.1

  /// The pixels of a small image as rectangles, equal neighbours of a row as one. Throws `FigureError.invalid` for a larger one.
  func rectangles(ofImage own: [String: String]) throws -> [String] {
    guard let data = own["xlink:href"]?.split(separator: ",").last,
      let bytes = Data(base64Encoded: String(data)), let image = try? Raster(png: Array(bytes)),
      let place = Self.box(own), image.width * image.height <= Self.mostPixels
    else {
      throw FigureError.invalid(
        mark: "save",
        "\"\(Text.printable(path))\" cannot hold images of more than \(Self.mostPixels) pixels; save it as .pdf and include that"
      )
    }
    let (width, height) = (place.width / Double(image.width), place.height / Double(image.height))
    var result: [String] = []
    for row in 0..<image.height {
      let top = place.y + Double(row) * height
      let bottom = min(top + height + Self.overlap, place.y + place.height)
      var first = 0
      while first < image.width {
        let colour = image.colour(x: first, y: row)
        var end = first + 1
        while end < image.width, image.colour(x: end, y: row) == colour { end += 1 }
        let left = place.x + Double(first) * width
        let right = min(place.x + Double(end) * width + Self.overlap, place.x + place.width)
        first = end
        guard colour.alpha > 0 else { continue }
        let opacity = colour.alpha < 255 ? ", opacity=\(Double(colour.alpha) / 255)" : ""
        result.append(
          "\\fill[color={rgb,255:red,\(colour.red);green,\(colour.green);blue,\(colour.blue)}\(opacity)] "
            + "(\(left),\(top)) rectangle (\(right),\(bottom));")
      }
    }
    return result
  }

  private static func box(_ own: [String: String]) -> (x: Double, y: Double, width: Double, height: Double)? {
    func number(_ name: String) -> Double? { own[name].flatMap(Double.init) }
    guard let x = number("x"), let y = number("y"), let width = number("width"), let height = number("height")
    else { return nil }
    return (x, y, width, height)
  }
}
