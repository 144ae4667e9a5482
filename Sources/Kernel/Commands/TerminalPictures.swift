import Figures

/// A PNG as sixel graphics for a terminal, at most `width` pixels wide; nil when it cannot be read.
public func sixelPicture(_ png: [UInt8], width: Int) -> String? {
  try? Raster(png: png).sixel(maxWidth: width)
}

/// A figure's text for a terminal that shows ASCII alone.
public func asciiPicture(_ text: String) -> String { Figure.ascii(text) }
