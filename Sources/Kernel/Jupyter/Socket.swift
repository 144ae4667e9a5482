import CZMQ
import Glibc

/// ZeroMQ's functions; to be used once a context has been made.
nonisolated(unsafe) private var zmq = faa_zmq()

/// Loads the library, once.
private let zmqFailure: String? = faa_zmq_load(&zmq).map { String(cString: $0) }

/// The sockets of one process share a context, whose end wakes everyone who waits on one of them.
final class SocketContext: Sendable {
  nonisolated(unsafe) fileprivate let handle: UnsafeMutableRawPointer

  init() throws {
    if let zmqFailure { throw KernelError("the kernel needs ZeroMQ (libzmq5): \(zmqFailure)") }
    guard let handle = zmq.ctx_new_() else { throw KernelError("ZeroMQ: \(SocketContext.reason)") }
    self.handle = handle
  }

  /// Makes every wait on a socket of this context end, now and later.
  func shutDown() { _ = zmq.ctx_shutdown_(handle) }

  /// Waits until all sockets are closed and what they still had to send is sent, or their linger is over.
  func terminate() { while zmq.ctx_term_(handle) != 0, zmq.errno_() == EINTR {} }

  static var reason: String { zmq.strerror_(zmq.errno_()).map { String(cString: $0) } ?? "unknown error" }
}

/// A ZeroMQ socket. One thread at a time may use it; it may be handed from the thread that makes it to another.
final class Socket: @unchecked Sendable {
  enum Kind: Int32 {
    case request = 3
    case reply = 4
    case dealer = 5
    case router = 6
    case subscriber = 2
    case publisher = 9  // XPUB: it also hears who subscribes
  }

  private let handle: UnsafeMutableRawPointer
  private var isClosed = false

  init(_ context: SocketContext, _ kind: Kind) throws {
    guard let handle = zmq.socket_(context.handle, kind.rawValue) else {
      throw KernelError("ZeroMQ: \(SocketContext.reason)")
    }
    self.handle = handle
    // A reply that is under way when the program ends is still worth this many milliseconds.
    set(ZMQ_LINGER, 300)
    switch kind {
    case .router: set(ZMQ_ROUTER_HANDOVER, 1)  // a client that reconnects under its old name replaces itself
    case .publisher:
      set(ZMQ_XPUB_VERBOSE, 1)
      // A subscriber that is slow for a while loses nothing.
      set(ZMQ_SNDHWM, 0)
    default: break
    }
  }

  deinit { close() }

  func set(_ option: Int32, _ value: Int32) {
    var value = value
    _ = zmq.setsockopt_(handle, option, &value, MemoryLayout<Int32>.size)
  }

  /// Receives what is published under topics that begin with this one.
  func subscribe(_ topic: String) { _ = zmq.setsockopt_(handle, ZMQ_SUBSCRIBE, topic, topic.utf8.count) }

  /// The name under which a router knows this socket; to be given before it connects.
  func name(_ bytes: [UInt8]) { _ = zmq.setsockopt_(handle, ZMQ_ROUTING_ID, bytes, bytes.count) }

  func bind(_ endpoint: String) throws {
    if endpoint.hasPrefix("tcp://[") { set(ZMQ_IPV6, 1) }
    guard zmq.bind_(handle, endpoint) == 0 else {
      throw KernelError("cannot listen at \(endpoint): \(SocketContext.reason)")
    }
  }

  func connect(_ endpoint: String) throws {
    guard zmq.connect_(handle, endpoint) == 0 else {
      throw KernelError("cannot connect to \(endpoint): \(SocketContext.reason)")
    }
  }

  func close() {
    if !isClosed { _ = zmq.close_(handle) }
    isClosed = true
  }

  /// Makes `send` say when a router does not know the peer, instead of dropping the message.
  func requirePeers() { set(ZMQ_ROUTER_MANDATORY, 1) }

  /// Sends the frames of a message; false when it could not be. One for a peer that has gone is dropped.
  @discardableResult
  func send(_ frames: [[UInt8]]) -> Bool {
    for (index, frame) in frames.enumerated() {
      let flags = index + 1 < frames.count ? ZMQ_SNDMORE : 0
      while zmq.send_(handle, frame, frame.count, flags) < 0 {
        guard zmq.errno_() == EINTR else { return false }
      }
    }
    return true
  }

  /// The frames of the next message; nil when there is none, or the context has ended.
  func receive() -> [[UInt8]]? {
    var frames: [[UInt8]] = []
    var part = zmq_msg_t()
    repeat {
      _ = zmq.msg_init_(&part)
      while zmq.msg_recv_(&part, handle, ZMQ_DONTWAIT) < 0 {
        guard zmq.errno_() == EINTR else {
          _ = zmq.msg_close_(&part)
          return nil
        }
      }
      frames.append(Array(UnsafeRawBufferPointer(start: zmq.msg_data_(&part), count: zmq.msg_size_(&part))))
      let more = zmq.msg_more_(&part) != 0
      _ = zmq.msg_close_(&part)
      if !more { return frames }
    } while true
  }

  /// What a wait ended with.
  enum Wait { case ready, time, ended }

  /// Waits for a message, for something to read on a descriptor, or for some milliseconds to pass (-1: for ever).
  func wait(milliseconds: Int = -1, descriptor: Int32? = nil) -> Wait {
    var items = [zmq_pollitem_t(socket: handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)]
    if let descriptor {
      items.append(zmq_pollitem_t(socket: nil, fd: descriptor, events: Int16(ZMQ_POLLIN), revents: 0))
    }
    let count = zmq.poll_(&items, Int32(items.count), milliseconds)
    if count < 0 { return zmq.errno_() == EINTR ? .time : .ended }
    return count > 0 ? .ready : .time
  }
}
