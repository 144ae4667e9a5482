import Notebook
import Runtime

/// A display as the protocol has it: the same thing in several media types, of which a client shows the richest it can.
struct MIMEBundle {
  let data: JSON
  let metadata: JSON

  init(_ display: Display) {
    var data: [(String, JSON)] = []
    var metadata: [(String, JSON)] = []
    let alt = display.alt.map { [("alt", JSON.string($0))] } ?? []
    let markup = [
      ("text/html", display.html), ("text/markdown", display.markdown), ("text/latex", display.latex),
    ]
    for (type, text) in markup { if let text { data.append((type, .string(text))) } }
    if let svg = display.svg {
      data.append(("image/svg+xml", .string(svg)))
      if !alt.isEmpty { metadata.append(("image/svg+xml", .object(alt))) }
    }
    if let png = display.png {
      data.append(("image/png", .string(base64(png))))
      let size = MIMEBundle.size(png: png).map {
        [("width", JSON.int($0.width)), ("height", .int($0.height))]
      }
      metadata.append(("image/png", .object((size ?? []) + alt)))
    }
    data.append(("text/plain", .string(display.text)))
    self.data = .object(data)
    self.metadata = .object(metadata)
  }

  /// Width and height in pixels, from the header that every PNG begins with.
  static func size(png: [UInt8]) -> (width: Int, height: Int)? {
    guard png.count >= 24, png[12..<16].elementsEqual("IHDR".utf8) else { return nil }
    func number(_ at: Int) -> Int { png[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } }
    return (number(16), number(20))
  }
}
