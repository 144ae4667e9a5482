import CBLAS
import Glibc
import Notebook

/// The Swift release this program was compiled with.
let swiftRelease: String = {
  #if swift(>=6.4)
    return "6.4 or later"
  #elseif swift(>=6.3)
    return "6.3"
  #else
    return "6.2 or earlier"
  #endif
}()

/// The kernel OpenBLAS chose for this processor, such as `SkylakeX`.
func blasKernel() -> String { openblas_get_corename().map { String(cString: $0) } ?? "unknown" }

/// An environment variable, nil when unset or empty.
func environment(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}

/// Facts about engine and machine that every stored result carries.
///
/// - Parameter threads: what was asked for; nil for one a processor.
func machineFacts(threads: Int?) -> [(String, JSON)] {
  let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
  return [
    ("engine", .string("faa \(version)")), ("swift", .string(swiftRelease)), ("device", .string("cpu")),
    ("blas_kernel", .string(blasKernel())), ("processors", .int(processors)),
    ("threads", .int(threads ?? environment("FAA_NUM_THREADS").flatMap(Int.init) ?? processors)),
  ]
}

/// The memory a run may use unless it is told: nine tenths of the machine's, or of what its container may have. More would
/// make the system end programs, this one or others.
func usualMemoryLimit() -> Int {
  let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
  let container = (try? readFile("/sys/fs/cgroup/memory.max")).flatMap {
    Int(String(decoding: $0, as: UTF8.self).filter(\.isNumber))
  }
  return min(machine, container ?? machine) / 10 * 9
}

/// What tells this build of the program from another: its version, and size and time of its file.
func engineBuild() -> String {
  var info = stat()
  guard stat("/proc/self/exe", &info) == 0 else { return version }
  return "faa \(version) \(info.st_size) \(info.st_mtim.tv_sec).\(info.st_mtim.tv_nsec)"
}

/// Columns of the terminal on standard error; 80 where unknown.
func terminalWidth() -> Int {
  var size = winsize()
  return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1 ? Int(size.ws_col) : 80
}

/// Where a program is on the PATH.
func findTool(_ name: String) -> String? {
  if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
  let folders = (environment("PATH") ?? "/usr/bin:/bin").split(
    separator: ":", omittingEmptySubsequences: false)
  return folders.map { ($0.isEmpty ? "." : String($0)) + "/" + name }.first { access($0, X_OK) == 0 }
}

/// The Debian package of a tool.
func package(of tool: String) -> String { tool == "gnuplot" ? "gnuplot-nox" : tool }

/// Runs a program and returns what it writes to both streams; nil when it cannot start, fails, or takes over `seconds`.
func outputOf(_ path: String, _ arguments: [String], seconds: Double = 5) -> String? {
  var ends: [Int32] = [0, 0]
  guard pipe(&ends) == 0 else { return nil }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
  var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
  defer { for word in words { free(word) } }
  words.append(nil)
  var child = pid_t()
  let status = posix_spawn(&child, path, &actions, nil, words, environ)
  close(ends[1])
  defer { close(ends[0]) }
  guard status == 0 else { return nil }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  let deadline = monotonicSeconds() + seconds
  var ended = false
  while !ended, monotonicSeconds() < deadline {
    var ready = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, 100) > 0 else { continue }
    let count = read(ends[0], &buffer, buffer.count)
    if count > 0 { bytes += buffer[0..<count] } else { ended = true }
  }
  if !ended { kill(child, SIGKILL) }
  var outcome: Int32 = 0
  waitpid(child, &outcome, 0)
  return ended ? String(decoding: bytes, as: UTF8.self) : nil
}
