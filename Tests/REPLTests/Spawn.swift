import Foundation
import Testing

/// Starts a process as a terminal's own program is started, and returns it. Tests may run in the background, where shells ignore the
/// keyboard's signals, and on threads that block signals; either would be handed on.
/// - Parameters:
///   - streams: what the process has instead of this one's standard streams.
///   - environment: its variables; those of this process by default.
func spawn(
  _ words: [String], environment: [String: String] = ProcessInfo.processInfo.environment,
  streams prepare: (inout posix_spawn_file_actions_t) -> Void
) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  prepare(&actions)

  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var signals = sigset_t()
  sigemptyset(&signals)
  posix_spawnattr_setsigmask(&attributes, &signals)
  for number in [SIGINT, SIGQUIT, SIGTSTP] { sigaddset(&signals, number) }
  posix_spawnattr_setsigdefault(&attributes, &signals)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

  var arguments = words.map { strdup($0) } + [nil]
  var settings = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { for text in arguments + settings { free(text) } }
  var process: pid_t = 0
  try #require(posix_spawnp(&process, words[0], &actions, &attributes, &arguments, &settings) == 0)
  return process
}
