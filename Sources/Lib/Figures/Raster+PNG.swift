import CPNG
import Glibc

extension Raster {
  /// The image as a PNG file, pixel for pixel.
  public func png() throws -> [UInt8] {
    var image = Self.emptyImage()
    image.width = UInt32(width)
    image.height = UInt32(height)
    image.format = Self.rgbaFormat
    defer { png_image_free(&image) }
    var size = 0
    // The first call only measures (an upper bound), the second writes.
    guard png_image_write_to_memory(&image, nil, &size, 0, rgba, 0, nil) != 0 else {
      throw FigureError.invalid(mark: "image", Self.message(image))
    }
    var bytes = [UInt8](repeating: 0, count: size)
    guard png_image_write_to_memory(&image, &bytes, &size, 0, rgba, 0, nil) != 0 else {
      throw FigureError.invalid(mark: "image", Self.message(image))
    }
    return Array(bytes.prefix(size))
  }

  /// An image from the bytes of a PNG file of any kind.
  public init(png bytes: [UInt8]) throws {
    // libpng keeps the pointer between its two calls, so both stay inside the array's scope.
    self = try bytes.withUnsafeBytes { try Self.decoded($0) }
  }

  private static func decoded(_ bytes: UnsafeRawBufferPointer) throws -> Raster {
    var image = emptyImage()
    defer { png_image_free(&image) }
    guard let start = bytes.baseAddress, png_image_begin_read_from_memory(&image, start, bytes.count) != 0
    else {
      throw FigureError.invalid(mark: "image", "not a readable PNG: \(message(image))")
    }
    guard image.width <= 1 << 20, image.height <= 1 << 20,
      UInt64(image.width) * UInt64(image.height) <= 1 << 28
    else {
      throw FigureError.invalid(mark: "image", "extents \(image.width)x\(image.height) are out of range")
    }
    image.format = rgbaFormat
    var rgba = [UInt8](repeating: 0, count: Int(image.width) * Int(image.height) * 4)
    guard png_image_finish_read(&image, nil, &rgba, 0, nil) != 0 else {
      throw FigureError.invalid(mark: "image", "not a readable PNG: \(message(image))")
    }
    return Raster(trustedWidth: Int(image.width), height: Int(image.height), rgba: rgba)
  }

  // PNG_FORMAT_RGBA = PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA; the combined macro is not imported.
  private static var rgbaFormat: UInt32 { UInt32(PNG_FORMAT_FLAG_COLOR) | UInt32(PNG_FORMAT_FLAG_ALPHA) }

  private static func emptyImage() -> png_image {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    return image
  }

  private static func message(_ image: png_image) -> String {
    withUnsafeBytes(of: image.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
