import Dispatch
import Glibc
import Notebook
import Synchronization

/// The broadcast channel: everything that subscribers see goes through one queue, in order, and out of one thread.
///
/// Text is gathered for a moment, so that a loop of prints becomes a few messages; anything that comes after it sends it off first.
final class Publisher: @unchecked Sendable {
  private enum Item {
    case message(Message)
    case stream(Stream)
    case barrier(DispatchSemaphore)
  }

  /// Text of a standard stream.
  private struct Stream {
    let name: String
    var text: String
    let parent: JSON
    /// When it began.
    let date: String
    /// When it is to be sent at the latest.
    let due: Double
  }

  /// What waits to be sent: items, and behind them text that may grow yet.
  private struct Queue {
    var items: [Item] = []
    var text: Stream?

    /// Puts the text among the items, where it is finished.
    mutating func finishText() {
      if let text { items.append(.stream(text)) }
      text = nil
    }
  }

  // The thread of `run` alone uses the socket; the queue is for everyone.
  private let socket: Socket
  private let wire: Wire
  private let session: String
  private let queue = Mutex(Queue())
  private let wakeUp: (read: Int32, write: Int32)

  /// Text waits this long for more, in seconds, and is sent at once when there is this much, in bytes.
  static let gathering = (seconds: 0.05, bytes: 1 << 16)
  /// A program that prints faster than the socket takes waits at this many messages.
  private static let queueLimit = 4096

  init(_ socket: Socket, wire: Wire, session: String) throws {
    (self.socket, self.wire, self.session) = (socket, wire, session)
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      throw KernelError("cannot make a pipe: \(String(cString: strerror(errno)))")
    }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    wakeUp = (ends[0], ends[1])
  }

  // MARK: For any thread

  /// Publishes a message; its topic is its type.
  func publish(_ type: String, _ content: JSON, parent: JSON, metadata: JSON = .object([])) {
    add(
      .message(
        Message(
          type, content, parent: parent, metadata: metadata, identities: [Array(type.utf8)], session: session)
      ))
  }

  /// Publishes `busy` or `idle`.
  func status(_ state: String, parent: JSON) {
    publish("status", .object([("execution_state", .string(state))]), parent: parent)
  }

  /// Publishes text of a standard stream.
  func stream(_ name: String, _ text: String, parent: JSON) {
    guard !text.isEmpty else { return }
    let length: Int? = queue.withLock { queue in
      if queue.text?.name == name, queue.text?.parent == parent {
        queue.text?.text += text
        // The publishing thread knows of this text.
        if queue.text?.text.utf8.count ?? 0 < Publisher.gathering.bytes { return nil }
        queue.finishText()
      } else {
        queue.finishText()
        queue.text = Stream(
          name: name, text: text, parent: parent, date: Message.timestamp(),
          due: monotonicSeconds() + Publisher.gathering.seconds)
      }
      return queue.items.count
    }
    if let length { announce(length) }
  }

  /// Returns when everything published before is in the hands of the socket.
  func flush() {
    let done = DispatchSemaphore(value: 0)
    add(.barrier(done))
    // The publishing thread may have ended.
    _ = done.wait(timeout: .now() + 1)
  }

  private func add(_ item: Item) {
    announce(
      queue.withLock { queue in
        queue.finishText()
        queue.items.append(item)
        return queue.items.count
      })
  }

  /// Wakes the publishing thread, and waits for it where it is far behind.
  private func announce(_ length: Int) {
    var byte: UInt8 = 1
    write(wakeUp.write, &byte, 1)
    var length = length
    while length > Publisher.queueLimit {
      usleep(1000)
      length = queue.withLock { $0.items.count }
    }
  }

  // MARK: The publishing thread

  /// Sends what is queued and greets subscribers, until the context ends.
  func run() {
    defer { socket.close() }
    var buffer = [UInt8](repeating: 0, count: 256)
    while true {
      guard socket.wait(milliseconds: patience(), descriptor: wakeUp.read) != .ended else { return }
      while read(wakeUp.read, &buffer, buffer.count) > 0 {}
      while let frames = socket.receive() { greet(frames) }
      for item in due() { send(item) }
    }
  }

  /// Milliseconds until there is something to send; -1 when nothing waits.
  private func patience() -> Int {
    queue.withLock { queue in
      if !queue.items.isEmpty { return 0 }
      return queue.text.map { max(0, Int((($0.due - monotonicSeconds()) * 1000).rounded(.up))) } ?? -1
    }
  }

  /// Takes what is to be sent now.
  private func due() -> [Item] {
    queue.withLock { queue in
      if let text = queue.text, text.due <= monotonicSeconds() { queue.finishText() }
      defer { queue.items = [] }
      return queue.items
    }
  }

  private func send(_ item: Item) {
    switch item {
    case .message(let message): socket.send(wire.frames(message))
    case .stream(let stream):
      let content = JSON.object([("name", .string(stream.name)), ("text", .string(stream.text))])
      let topic = [Array("stream".utf8)]
      socket.send(
        wire.frames(
          Message(
            "stream", content, parent: stream.parent, identities: topic, session: session, date: stream.date))
      )
    case .barrier(let semaphore): semaphore.signal()
    }
  }

  /// A subscription arrives as the byte 1 and the topic.
  private func greet(_ frames: [[UInt8]]) {
    guard let frame = frames.first, frame.first == 1 else { return }
    let topic = Array(frame.dropFirst())
    let content = JSON.object([("subscription", .string(String(decoding: topic, as: UTF8.self)))])
    socket.send(wire.frames(Message("iopub_welcome", content, identities: [topic], session: session)))
  }
}
