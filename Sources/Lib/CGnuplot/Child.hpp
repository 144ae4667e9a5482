// A child process with pipes on its three standard streams.
#pragma once

#include <cstdio>
#include <string>
#include <sys/types.h>

namespace faa {

class Child {
public:
  Child() = default;
  ~Child();
  Child(const Child &) = delete;
  Child &operator=(const Child &) = delete;

  /// Starts `program -d` in its own process group. Returns 0 or an errno value; ENOENT when the program is
  /// missing.
  int start(const std::string &program);

  /// True while the process runs; reaps it when it has ended.
  bool alive();

  /// Kills the whole group if it still runs, reaps it and closes the pipes.
  void stop();

  /// How the process ended, for people: "exited with status 1", "was killed by signal 9".
  std::string ending() const;

  pid_t pid() const { return pid_; }
  /// The child's standard input. The caller owns it from now on and closes it.
  FILE *take_input();
  int output() const { return output_; }
  int errors() const { return errors_; }

private:
  void close_pipes();

  pid_t pid_ = 0;
  int status_ = 0;
  FILE *input_ = nullptr;
  int output_ = -1;
  int errors_ = -1;
};

/// Blocks SIGPIPE in this thread while alive and swallows the one a write may have raised, so that a dead
/// child shows up as EPIPE and the process-wide signal disposition stays its owner's business.
class PipeSignalGuard {
public:
  PipeSignalGuard();
  ~PipeSignalGuard();
  PipeSignalGuard(const PipeSignalGuard &) = delete;
  PipeSignalGuard &operator=(const PipeSignalGuard &) = delete;

private:
  bool was_pending_ = false;
  bool was_blocked_ = false;
};

}  // namespace faa
