import CKernels
import CReadline
import Glibc
import Runtime
import Synchronization

/// Watches over the entry that runs. Ctrl-C asks that to stop; where it does not, because it is inside one long call of a library or
/// waits for a disk, the user is told what another press will do: a copy of the process writes down the session, and the program
/// starts anew with it. A copy sees every variable as the last statement that ended has left it, and costs nothing before.
final class Rescue: @unchecked Sendable {
  /// Writes down the session. Called in a copy of the process, on a thread of its own.
  typealias Save = (_ descriptor: Int32) -> Bool

  private let save: Save
  private let arguments: (Int32) -> [String]
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  // Guarded by the lock, which a rescue holds from its beginning to its end.
  private var isRunning = false
  private var presses = 0
  private var firstPress = 0.0
  /// When the user was told what another press does.
  private var offer: Double?
  /// The entry has ended and waits for the lock.
  private let hasEnded = Atomic(false)

  /// Seconds after the first press until what runs is said not to stop: for who presses again, and for who waits.
  private static let patience = (impatient: 1.0, patient: 3.0)
  /// A press so soon after the offer is no answer to it.
  private static let reading = 0.5

  /// Seconds that writing may take.
  private static let limit: UInt32 = 120

  /// - Parameters:
  ///   - arguments: the command line of a program that goes on with what a descriptor holds.
  ///   - save: writes down the session.
  init(arguments: @escaping (Int32) -> [String], save: @escaping Save) {
    (self.arguments, self.save) = (arguments, save)
    pthread_mutex_init(lock, nil)
    var thread = pthread_t()
    // It lives as long as the process.
    let context = Unmanaged.passRetained(self).toOpaque()
    pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Rescue>.fromOpaque(context).takeUnretainedValue().watch() }
        return nil
      }, context)
  }

  /// An entry begins.
  func begin() {
    pthread_mutex_lock(lock)
    hasEnded.store(false, ordering: .relaxed)
    (isRunning, presses, offer) = (true, 0, nil)
    pthread_mutex_unlock(lock)
  }

  /// The entry has ended. Does not return while the program is being started anew.
  func end() {
    hasEnded.store(true, ordering: .relaxed)
    pthread_mutex_lock(lock)
    isRunning = false
    pthread_mutex_unlock(lock)
  }

  private func watch() {
    let descriptor = faa_presses_descriptor()
    var wait: Int32 = -1
    while true {
      var stream = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      poll(&stream, 1, wait)
      var bytes = [UInt8](repeating: 0, count: 64)
      let count = max(0, read(descriptor, &bytes, bytes.count))
      pthread_mutex_lock(lock)
      wait = isRunning ? answer(count, now: Self.seconds) : -1
      pthread_mutex_unlock(lock)
    }
  }

  /// What to do about so many more presses. Returns the milliseconds until it is to be asked again; -1 for the next press.
  private func answer(_ count: Int, now: Double) -> Int32 {
    if presses == 0, count > 0 { firstPress = now }
    presses += count
    if let offer {
      if count > 0, now - offer > Self.reading { startAnew() }
      return -1
    }
    guard presses > 0 else { return -1 }
    let left = firstPress + (presses > 1 ? Self.patience.impatient : Self.patience.patient) - now
    guard left <= 0 else { return Int32((left * 1000).rounded(.up)) }
    tell(
      "what runs has not stopped yet: wait, or end it by Ctrl-C once more, which starts FAA anew with the variables as they are"
    )
    offer = now
    return -1
  }

  /// Where the session is written, in a file without a name: beside the history, else where temporary files are.
  private static var folder: String {
    let state = UserFile.state("").map { String($0.dropLast()) }
    return state.flatMap { access($0, W_OK) == 0 ? $0 : nil } ?? Environment["TMPDIR"] ?? "/tmp"
  }

  private func startAnew() {
    let folder = Self.folder
    var path = Array((folder + "/session-XXXXXX").utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else {
      return fail("\(Safe.text(folder)): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    unlink(path)
    tell("writing down the variables …")
    var order = (save: save, descriptor: descriptor)
    let isSaved = withUnsafeMutablePointer(to: &order) { order in
      faa_run_in_copy(
        { context in
          guard let order = context?.assumingMemoryBound(to: (save: Save, descriptor: Int32).self).pointee
          else { return false }
          // The request to stop was not meant for this, and the other threads are not here to help.
          faa_interrupt_clear()
          faa_set_thread_count(1)
          return order.save(order.descriptor)
        }, order, Self.limit)
    }
    // It has stopped after all, and nothing is lost.
    if hasEnded.load(ordering: .relaxed) { return }
    guard isSaved else { return fail("they could not be written to \(Safe.text(folder))") }
    let words = arguments(descriptor).map { strdup($0) } + [nil]
    faa_start_anew(words)
    fail(String(cString: strerror(errno)))
  }

  /// The session is as it was; the user may press again.
  private func fail(_ reason: String) {
    tell("the variables cannot be kept: \(reason); Ctrl-\\ ends the session without them")
    (presses, offer) = (0, nil)
  }

  private func tell(_ text: String) {
    Terminal.write("\n\(text)\n".utf8, to: STDERR_FILENO)
  }

  private static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
