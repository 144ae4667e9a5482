import Glibc
import Notebook

/// Why a kernel cannot start, in one line with the remedy.
public struct KernelError: Error, Sendable, CustomStringConvertible {
  /// The line.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Where a client waits for its kernel and how the two sign their messages: the content of a connection file.
public struct Connection: Sendable {
  /// The five sockets, by the names of their ports.
  enum Channel: String, CaseIterable, Sendable {
    case shell = "shell_port"
    case control = "control_port"
    case stdin = "stdin_port"
    case iopub = "iopub_port"
    case heartbeat = "hb_port"
  }

  let transport: String
  let address: String
  let ports: [Channel: Int]
  let key: String

  /// Reads the text of a connection file; throws `KernelError` naming the field that is missing or wrong.
  public init(parsing source: String) throws {
    let file: JSON
    do { file = try JSON(parsing: source) } catch { throw KernelError("the connection file is \(error)") }
    func text(_ name: String, default value: String) -> String { file[name]?.text ?? value }
    transport = text("transport", default: "tcp")
    guard transport == "tcp" || transport == "ipc" else {
      throw KernelError("the connection file's transport `\(transport)` is not known; tcp and ipc are")
    }
    address = text("ip", default: "127.0.0.1")
    key = text("key", default: "")
    let scheme = text("signature_scheme", default: "hmac-sha256")
    guard key.isEmpty || scheme == "hmac-sha256" else {
      throw KernelError("the connection file's signature_scheme `\(scheme)` is not known; hmac-sha256 is")
    }
    var ports: [Channel: Int] = [:]
    for channel in Channel.allCases {
      guard case .int(let port)? = file[channel.rawValue], (1...65535).contains(port) || transport == "ipc"
      else { throw KernelError("the connection file has no valid `\(channel.rawValue)`") }
      ports[channel] = port
    }
    self.ports = ports
  }

  /// What a socket binds or connects to.
  func endpoint(_ channel: Channel) -> String {
    let port = ports[channel] ?? 0
    if transport == "ipc" { return "ipc://\(address)-\(port)" }
    return "tcp://\(address.contains(":") ? "[\(address)]" : address):\(port)"
  }
}
