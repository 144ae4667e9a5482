import Glibc

/// The process environment.
enum Environment {
  /// A variable that is set and not empty.
  static subscript(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }
}

/// What the standard streams are connected to, and what may be sent there.
struct Terminal: Sendable {
  /// Standard input is a terminal: somebody waits for a prompt.
  let isInteractive: Bool
  /// Lines can be edited and pictures shown: both ends are a terminal that understands cursor movement.
  let canEdit: Bool
  /// Standard error is a terminal on which a line can be redrawn.
  let canRedraw: Bool
  /// Colour is wanted and possible on standard output, on standard error.
  let outputHasColour, errorsHaveColour: Bool
  /// Standard output shows colours of 24 bits, as far as can be told.
  let outputHasFullColour: Bool

  init() {
    let (input, output, errors) = (
      isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1
    )
    let type = Environment["TERM"] ?? "dumb"
    let isSmart = type != "dumb"
    isInteractive = input
    canEdit = input && output && isSmart
    canRedraw = errors && isSmart
    // https://no-color.org: any non-empty value means no.
    let wantsColour = isSmart && Environment["NO_COLOR"] == nil
    outputHasColour = output && wantsColour
    errorsHaveColour = errors && wantsColour
    let isModern =
      Environment["COLORTERM"] != nil || ["256color", "direct", "kitty"].contains { type.contains($0) }
    outputHasFullColour = outputHasColour && isModern
  }

  /// Columns of the window, 80 where there is none.
  var width: Int { window.ws_col > 0 ? Int(window.ws_col) : 80 }

  /// Rows of the window, 24 where there is none.
  var height: Int { window.ws_row > 0 ? Int(window.ws_row) : 24 }

  private var window: winsize {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 ? size : winsize()
  }

  /// Runs `body` while the terminal edits lines itself and hands them over whole; what is typed shows if `echoes`.
  static func withLines<T>(echoes: Bool = true, _ body: () throws -> T) rethrows -> T {
    var before = termios()
    guard tcgetattr(STDIN_FILENO, &before) == 0 else { return try body() }
    var lines = before
    lines.c_lflag |= tcflag_t(ICANON | ECHO | ECHONL)
    lines.c_iflag |= tcflag_t(ICRNL)
    if !echoes { lines.c_lflag &= ~tcflag_t(ECHO) }
    tcsetattr(STDIN_FILENO, TCSADRAIN, &lines)
    defer { tcsetattr(STDIN_FILENO, TCSADRAIN, &before) }
    return try body()
  }

  /// Writes everything, however often the call is interrupted. False when the reader is gone or the disk is full.
  @discardableResult
  static func write(_ bytes: some Collection<UInt8>, to descriptor: Int32) -> Bool {
    let bytes = Array(bytes)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
      }
      if count > 0 {
        written += count
      } else if errno == EAGAIN {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&wait, 1, 1000)
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }
}

/// Text from data on its way to a terminal.
package enum Safe {
  /// Control characters become visible symbols, so that no data can move the cursor, retitle the window or worse. Line ends
  /// and tabs pass; colour sequences pass where our own displays are expected to hold them.
  package static func text(_ text: String, keepsColours: Bool = false) -> String {
    // Nearly all text is clean: look before building.
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let scalar = rest.first {
      if scalar == "\u{1B}", keepsColours, let length = colourSequence(rest) {
        result.append(contentsOf: rest.prefix(length))
        rest = rest.dropFirst(length)
        continue
      }
      rest = rest.dropFirst()
      if !isControl(scalar) {
        result.append(scalar)
      } else if scalar.value < 0x20 {
        result.append(Unicode.Scalar(0x2400 + scalar.value) ?? "?")
      } else {
        result.append(scalar.value == 0x7F ? "\u{2421}" : "\u{FFFD}")
      }
    }
    return String(result)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  // `ESC [ digits and semicolons m`: sets colours and nothing else. Concealed text (8) is not passed.
  private static func colourSequence(_ text: Substring.UnicodeScalarView) -> Int? {
    let body = text.dropFirst()
    guard body.first == "[" else { return nil }
    let codes = body.dropFirst().prefix { ("0"..."9").contains($0) || $0 == ";" }
    guard codes.count <= 60, body.dropFirst(1 + codes.count).first == "m" else { return nil }
    var numbers = codes.split(separator: ";").map { Int(String($0)) ?? 8 }[...]
    while let number = numbers.popFirst() {
      if number == 8 { return nil }
      // A colour of its own: 2 and its three parts, or 5 and its number in the palette.
      if number == 38 || number == 48 { numbers = numbers.dropFirst(numbers.first == 2 ? 4 : 2) }
    }
    return 3 + codes.count
  }
}
