import Crypto
import Notebook

/// Messages as frames on a socket: the route, `<IDS|MSG>`, a signature, four dictionaries, then buffers.
struct Wire: Sendable {
  /// Why frames were not taken for a message.
  enum Rejection: Error, Equatable {
    case noDelimiter
    case tooShort
    case badSignature
    case malformed(String)
  }

  static let delimiter = Array("<IDS|MSG>".utf8)
  private let key: SymmetricKey?

  /// - Parameter key: the secret of the connection; empty for messages without signature.
  init(key: String) { self.key = key.isEmpty ? nil : SymmetricKey(data: Array(key.utf8)) }

  /// The frames of a message. The signature covers exactly the bytes that are sent.
  func frames(_ message: Message) -> [[UInt8]] {
    let parts = [message.header, message.parent, message.metadata, message.content].map {
      Array($0.compact.utf8)
    }
    return message.identities + [Wire.delimiter, Array(signature(parts).utf8)] + parts + message.buffers
  }

  /// The message in some frames; the signature is checked before anything is read.
  func message(_ frames: [[UInt8]]) throws(Rejection) -> Message {
    guard let mark = frames.firstIndex(of: Wire.delimiter) else { throw .noDelimiter }
    guard frames.count >= mark + 6 else { throw .tooShort }
    let parts = Array(frames[(mark + 2)..<(mark + 6)])
    guard isSigned(parts, by: frames[mark + 1]) else { throw .badSignature }
    var read: [JSON] = []
    for (name, bytes) in zip(["header", "parent_header", "metadata", "content"], parts) {
      guard let value = try? JSON(parsing: String(decoding: bytes, as: UTF8.self)), value.isObject else {
        throw .malformed("\(name) is not a JSON object")
      }
      read.append(value)
    }
    let message = Message(
      identities: Array(frames[..<mark]), header: read[0], parent: read[1], metadata: read[2],
      content: read[3],
      buffers: Array(frames[(mark + 6)...]))
    guard !message.type.isEmpty, message.header["msg_id"]?.text != nil else {
      throw .malformed("header has no msg_type or no msg_id")
    }
    return message
  }

  /// HMAC-SHA256 of the parts in hexadecimal; empty without a key.
  func signature(_ parts: [[UInt8]]) -> String {
    guard let key else { return "" }
    var code = HMAC<SHA256>(key: key)
    for part in parts { code.update(data: part) }
    return code.finalize().map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }

  /// Whether the signature is right; takes the same time wherever it differs.
  private func isSigned(_ parts: [[UInt8]], by signature: [UInt8]) -> Bool {
    guard let key else { return true }
    guard signature.count == 64 else { return false }
    var code: [UInt8] = []
    for start in stride(from: 0, to: 64, by: 2) {
      guard let byte = UInt8(String(decoding: signature[start..<(start + 2)], as: UTF8.self), radix: 16)
      else {
        return false
      }
      code.append(byte)
    }
    return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: parts.flatMap(\.self), using: key)
  }
}
