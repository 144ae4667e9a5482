extension Raster {
  /// The image over its part of the axes as the whole plot shows it, where an axis is logarithmic: pixels of the plot in even steps along
  /// the page, transparent beside the image.
  func seen(over x: ClosedRange<Double>, _ y: ClosedRange<Double>, in frame: Frame) -> Raster {
    let across = Int(max(1, frame.plot.width * PointCloud.scale))
    let down = Int(max(1, frame.plot.height * PointCloud.scale))
    func places(_ count: Int, _ ruler: Ruler, _ ends: ClosedRange<Double>, _ pixels: Int) -> [Int?] {
      (0..<count).map { index in
        let value = ruler.value(at: (Double(index) + 0.5) / Double(count))
        guard ends.contains(value) else { return nil }
        let share = (value - ends.lowerBound) / (ends.upperBound - ends.lowerBound)
        return Extent.whole(share * Double(pixels), in: 0...(pixels - 1))
      }
    }
    let columns = places(across, frame.across, x, width)
    let rows = places(down, frame.up, y, height).reversed().map { $0.map { height - 1 - $0 } }
    var bytes = [UInt8](repeating: 0, count: across * down * 4)
    for (row, from) in rows.enumerated() {
      guard let from else { continue }
      for (column, source) in columns.enumerated() {
        guard let source else { continue }
        let (target, pixel) = ((row * across + column) * 4, (from * width + source) * 4)
        for channel in 0..<4 { bytes[target + channel] = rgba[pixel + channel] }
      }
    }
    return Raster(trustedWidth: across, height: down, rgba: bytes)
  }
}
