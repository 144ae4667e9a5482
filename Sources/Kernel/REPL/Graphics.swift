import CReadline
import Glibc

/// Pictures inside the terminal, by the kitty protocol or as sixels where the terminal speaks either.
package final class Graphics {
  /// How a terminal takes pictures.
  package enum Language: Equatable {
    /// The kitty protocol.
    case kitty
    /// Sixel graphics.
    case sixel
    /// Not at all.
    case text
  }

  /// A PNG as sixels, at most so many pixels wide.
  package typealias SixelEncoder = (_ png: [UInt8], _ width: Int) -> String?

  private var language: Language?
  private let sixel: SixelEncoder?

  /// - Parameter language: what the terminal speaks; nil asks the environment (`FAA_GRAPHICS`), then the terminal itself.
  package init(_ language: Language? = nil, sixel: SixelEncoder? = nil) {
    self.sixel = sixel
    self.language =
      language
      ?? Environment["FAA_GRAPHICS"].flatMap {
        ["kitty": Language.kitty, "sixel": .sixel, "none": .text][$0]
      }
  }

  /// The bytes that draw a PNG at the cursor, at most `columns` wide; nil where the terminal cannot.
  package func picture(_ png: [UInt8], columns: Int) -> String? {
    if language == nil { language = Self.probe() }
    switch language {
    case .kitty: return Self.kitty(png, columns: min(columns, 100))
    case .sixel: return sixel?(png, Self.pixels(columns: min(columns, 100)))
    case .text, nil: return nil
    }
  }

  /// Whether the terminal shows pictures.
  var draws: Bool {
    if language == nil { language = Self.probe() }
    return language != .text
  }

  /// A picture of at most so many columns and rows that may be drawn over later, and the rows it takes; nil where the terminal draws
  /// none. The cursor stands below it afterwards.
  ///
  /// - Parameter place: the number under which the terminal keeps the picture: one with the same number replaces it.
  func frame(_ png: [UInt8], columns: Int, rows limit: Int, place: Int) -> (text: String, rows: Int)? {
    guard draws, let size = Self.size(png: png) else { return nil }
    let cell = Self.cell
    let slope = Double(size.height) / Double(size.width) * cell.width / cell.height
    // Only what is whole in the window can be redrawn in place.
    let columns = max(1, min(columns, 100, Int(Double(limit) / slope)))
    let rows = max(1, Int((Double(columns) * slope).rounded(.up)))
    let picture =
      language == .kitty
      ? Self.kitty(png, columns: columns, place: ",r=\(rows),i=\(place),p=1")
      : sixel?(png, min(Self.pixels(columns: columns), size.width))
    // Terminals disagree about where a picture leaves the cursor: the rows are made first, and the cursor is put below them.
    return picture.map { picture in
      let room = String(repeating: "\n", count: rows) + "\u{1B}[\(rows)A"
      return ("\(room)\u{1B}7\(picture)\u{1B}8\u{1B}[\(rows)B\r", rows)
    }
  }

  /// Width and height of a PNG in pixels, which every file begins with.
  static func size(png: [UInt8]) -> (width: Int, height: Int)? {
    guard png.count >= 24 else { return nil }
    func number(_ at: Int) -> Int { png[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } }
    let size = (width: number(16), height: number(20))
    return size.width > 0 && size.height > 0 ? size : nil
  }

  /// The size of a character in pixels; eight by sixteen where the terminal does not say.
  private static var cell: (width: Double, height: Double) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_xpixel > 0, size.ws_col > 0,
      size.ws_ypixel > 0, size.ws_row > 0
    else { return (8, 16) }
    return (Double(size.ws_xpixel) / Double(size.ws_col), Double(size.ws_ypixel) / Double(size.ws_row))
  }

  /// The width of so many columns in pixels.
  private static func pixels(columns: Int) -> Int { Int(Double(columns) * cell.width) }

  /// `a=T` transmits and shows, `f=100` is PNG, `c` scales to columns, `q=2` asks for no answer. The payload goes in pieces of
  /// at most 4096 characters; `m=1` says that more follow.
  static func kitty(_ png: [UInt8], columns: Int, place: String = "") -> String {
    let payload = Array(base64(png))
    var result = ""
    var start = 0
    while start < payload.count {
      let end = min(start + 4096, payload.count)
      let more = end < payload.count ? 1 : 0
      let control = start == 0 ? "a=T,f=100,q=2,c=\(columns)\(place),m=\(more)" : "m=\(more)"
      result += "\u{1B}_G\(control);" + String(decoding: payload[start..<end], as: UTF8.self) + "\u{1B}\\"
      start = end
    }
    return result
  }

  static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
      for place in 0..<4 {
        result.append(
          place <= group.count ? digits[Int(bits >> (18 - 6 * UInt32(place))) & 63] : UInt8(ascii: "="))
      }
    }
    return result
  }

  /// Asks the terminal once, with the first picture: a one-pixel kitty query and, behind it, a request every terminal answers
  /// (DA1), so that silence is over within 100 ms. Multiplexers answer for themselves and are not asked.
  private static func probe() -> Language {
    let type = Environment["TERM"] ?? ""
    if Environment["TMUX"] != nil || type.hasPrefix("screen") || type.hasPrefix("tmux") { return .text }
    var before = termios()
    guard tcgetattr(STDIN_FILENO, &before) == 0 else { return .text }
    var raw = before
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(STDIN_FILENO, TCSANOW, &raw)
    defer { tcsetattr(STDIN_FILENO, TCSANOW, &before) }
    Terminal.write("\u{1B}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\\u{1B}[c".utf8, to: STDOUT_FILENO)

    var reply: [UInt8] = []
    let deadline = ContinuousClock.now + .milliseconds(100)
    while !ProbeReply(reply).isComplete {
      let left = (deadline - ContinuousClock.now).components
      let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
      var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard milliseconds > 0, poll(&input, 1, Int32(clamping: milliseconds)) > 0 else { break }
      var buffer = [UInt8](repeating: 0, count: 256)
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      guard count > 0 else { break }
      reply += buffer.prefix(count)
    }
    let answer = ProbeReply(reply)
    // What the user typed meanwhile is not lost.
    let typed = answer.rest.map { CChar(bitPattern: $0) }
    if !typed.isEmpty { faa_line_type(typed, typed.count) }
    return answer.language
  }
}

/// A terminal's answer to the probe, taken apart from what the user typed around it.
struct ProbeReply {
  private(set) var speaksKitty = false
  /// Whether 4, for sixel graphics, is among the features of DA1.
  private(set) var drawsSixels = false
  private(set) var isComplete = false
  private(set) var rest: [UInt8] = []

  /// The better one of what it speaks.
  var language: Graphics.Language { speaksKitty ? .kitty : drawsSixels ? .sixel : .text }

  init(_ bytes: [UInt8]) {
    var index = 0
    while index < bytes.count {
      if let end = Self.end(of: "\u{1B}_G", in: bytes, from: index, closing: [0x1B, UInt8(ascii: "\\")]) {
        let body = String(decoding: bytes[index..<end], as: UTF8.self)
        speaksKitty = speaksKitty || body.contains(";OK")
        index = end
      } else if let end = Self.end(of: "\u{1B}[?", in: bytes, from: index, closing: [UInt8(ascii: "c")]) {
        isComplete = true
        let features = String(decoding: bytes[(index + 3)..<(end - 1)], as: UTF8.self).split(separator: ";")
        drawsSixels = drawsSixels || features.dropFirst().contains("4")
        index = end
      } else {
        rest.append(bytes[index])
        index += 1
      }
    }
  }

  // The index behind a sequence that starts at `from`, nil when there is none or its end is missing.
  private static func end(of opening: String, in bytes: [UInt8], from: Int, closing: [UInt8]) -> Int? {
    guard bytes[from...].starts(with: opening.utf8) else { return nil }
    var index = from + opening.utf8.count
    while index + closing.count <= bytes.count {
      if bytes[index..<(index + closing.count)].elementsEqual(closing) { return index + closing.count }
      index += 1
    }
    return nil
  }
}
