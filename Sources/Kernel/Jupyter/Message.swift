import Glibc
import Notebook

/// One message of the protocol (version 5): four dictionaries, who it is for, and raw buffers.
struct Message: Sendable {
  /// The route of a request, to which its reply goes; the topic of a publication.
  var identities: [[UInt8]] = []
  var header: JSON
  /// The header of the request that caused this message; empty for none.
  var parent = JSON.object([])
  var metadata = JSON.object([])
  var content: JSON
  var buffers: [[UInt8]] = []

  /// What kind of message it is, such as `execute_request`.
  var type: String { header["msg_type"]?.text ?? "" }
}

extension Message {
  /// A new message of this process.
  init(
    _ type: String, _ content: JSON, parent: JSON = .object([]), metadata: JSON = .object([]),
    identities: [[UInt8]] = [], session: String, date: String = Message.timestamp()
  ) {
    self.init(
      identities: identities,
      header: .object([
        ("msg_id", .string(Message.identifier())),
        ("session", .string(session)),
        ("username", .string("faa")),
        ("date", .string(date)),
        ("msg_type", .string(type)),
        ("version", .string(Message.protocolVersion)),
      ]), parent: parent, metadata: metadata, content: content)
  }

  /// The version of the protocol that is spoken here.
  static let protocolVersion = "5.5"

  /// 128 random bits in hexadecimal.
  static func identifier() -> String {
    (0..<2).map { _ in
      let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// The time of day in UTC, ISO 8601 with microseconds and zone.
  static func timestamp() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    gmtime_r(&now.tv_sec, &parts)
    var buffer = [CChar](repeating: 0, count: 32)
    let length = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
    let seconds = String(decoding: buffer.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    let fraction = String(now.tv_nsec / 1000)
    return "\(seconds).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)Z"
  }
}

extension JSON {
  /// A string, an integer or a truth value as a member of a content; the default for anything else.
  func int(_ name: String, default value: Int) -> Int {
    if case .int(let i)? = self[name] { i } else { value }
  }
  func bool(_ name: String, default value: Bool) -> Bool {
    if case .bool(let b)? = self[name] { b } else { value }
  }
  func text(_ name: String) -> String { self[name]?.text ?? "" }
  /// Members of an object; empty for anything else.
  var members: [(String, JSON)] { if case .object(let members) = self { members } else { [] } }
  /// Whether it is an object.
  var isObject: Bool { if case .object = self { true } else { false } }
}
