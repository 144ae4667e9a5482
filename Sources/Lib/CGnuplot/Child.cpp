#include "Child.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char **environ;

namespace faa {

namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;

  ~Pipe() {
    if (read_end >= 0) close(read_end);
    if (write_end >= 0) close(write_end);
  }

  // The ends are kept above 2: when FAA itself was started with a closed standard stream, a low descriptor
  // would collide with the child's and dup2 onto itself would leave close-on-exec set.
  int open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
    read_end = raise(ends[0]);
    write_end = raise(ends[1]);
    return (read_end < 0 || write_end < 0) ? EMFILE : 0;
  }

  static int raise(int descriptor) {
    if (descriptor > 2) return descriptor;
    int high = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    close(descriptor);
    return high;
  }

  static int release(int &end) {
    int descriptor = end;
    end = -1;
    return descriptor;
  }
};

// The child draws the same everywhere: UTF-8, C numbers, no user start-up files (`-d` skips those gnuplot
// knows).
std::vector<std::string> child_environment() {
  std::vector<std::string> variables;
  for (char **entry = environ; entry && *entry; ++entry) {
    if (strncmp(*entry, "LC_", 3) == 0 || strncmp(*entry, "LANG", 4) == 0 || strncmp(*entry, "GNUTERM=", 8) == 0 ||
        strncmp(*entry, "GNUPLOT_", 8) == 0)
      continue;
    variables.emplace_back(*entry);
  }
  variables.emplace_back("LC_ALL=C.UTF-8");
  return variables;
}

}  // namespace

Child::~Child() { stop(); }

int Child::start(const std::string &program) {
  stop();
  Pipe in, out, err;
  if (int code = in.open()) return code;
  if (int code = out.open()) return code;
  if (int code = err.open()) return code;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (posix_spawn_file_actions_init(&actions) != 0) return ENOMEM;
  if (posix_spawnattr_init(&attributes) != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return ENOMEM;
  }
  posix_spawn_file_actions_adddup2(&actions, in.read_end, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_end, 1);
  posix_spawn_file_actions_adddup2(&actions, err.write_end, 2);

  sigset_t none, restored;
  sigemptyset(&none);
  sigemptyset(&restored);
  sigaddset(&restored, SIGPIPE);
  sigaddset(&restored, SIGINT);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &restored);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> variables = child_environment();
  std::vector<char *> environment;
  for (std::string &variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::string name = program, flag = "-d";
  char *arguments[] = {name.data(), flag.data(), nullptr};

  pid_t pid = 0;
  int code = posix_spawnp(&pid, program.c_str(), &actions, &attributes, arguments, environment.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (code != 0) return code;

  pid_ = pid;
  status_ = 0;
  input_ = fdopen(in.write_end, "w");
  if (!input_) {
    code = errno;
    stop();
    return code;
  }
  Pipe::release(in.write_end);
  output_ = Pipe::release(out.read_end);
  errors_ = Pipe::release(err.read_end);
  fcntl(output_, F_SETFL, O_NONBLOCK);
  fcntl(errors_, F_SETFL, O_NONBLOCK);
  return 0;
}

bool Child::alive() {
  if (pid_ == 0) return false;
  pid_t ended;
  do ended = waitpid(pid_, &status_, WNOHANG);
  while (ended < 0 && errno == EINTR);
  if (ended == 0) return true;
  pid_ = 0;
  return false;
}

void Child::stop() {
  if (pid_ > 0) {
    kill(-pid_, SIGKILL);
    pid_t ended;
    do ended = waitpid(pid_, &status_, 0);
    while (ended < 0 && errno == EINTR);
    pid_ = 0;
  }
  close_pipes();
}

FILE *Child::take_input() {
  FILE *input = input_;
  input_ = nullptr;
  return input;
}

void Child::close_pipes() {
  if (input_) {
    PipeSignalGuard guard;
    fclose(input_);
  }
  if (output_ >= 0) close(output_);
  if (errors_ >= 0) close(errors_);
  input_ = nullptr;
  output_ = errors_ = -1;
}

std::string Child::ending() const {
  if (WIFSIGNALED(status_)) return "was killed by signal " + std::to_string(WTERMSIG(status_));
  return "exited with status " + std::to_string(WEXITSTATUS(status_));
}

PipeSignalGuard::PipeSignalGuard() {
  sigset_t pending, block, before;
  sigpending(&pending);
  was_pending_ = sigismember(&pending, SIGPIPE) == 1;
  sigemptyset(&block);
  sigaddset(&block, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &block, &before);
  was_blocked_ = sigismember(&before, SIGPIPE) == 1;
}

PipeSignalGuard::~PipeSignalGuard() {
  int saved = errno;
  sigset_t pipe_only;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  if (!was_pending_) {
    timespec now = {0, 0};
    while (sigtimedwait(&pipe_only, nullptr, &now) < 0 && errno == EINTR) {
    }
  }
  if (!was_blocked_) pthread_sigmask(SIG_UNBLOCK, &pipe_only, nullptr);
  errno = saved;
}

}  // namespace faa
