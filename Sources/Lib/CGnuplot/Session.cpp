#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <new>
#include <poll.h>
#include <string>
#include <unistd.h>
#include <vector>

#include <gnuplot-iostream.h>

#include "CGnuplot.h"
#include "Child.hpp"

namespace {

/// Lets gnuplot-iostream's column senders read memory that belongs to the caller, without a copy.
struct Column {
  typedef double value_type;
  typedef const double *const_iterator;
  const double *first;
  size_t rows;
  const_iterator begin() const { return first; }
  const_iterator end() const { return first + rows; }
  size_t size() const { return rows; }
};

using Clock = std::chrono::steady_clock;

enum class Answer { finished, died, timeout };

}  // namespace

struct faa_gnuplot {
  std::string program;
  faa::Child child;
  std::unique_ptr<Gnuplot> stream;  // writes to the child and closes the pipe when it goes
  std::string directory;            // private, holds the data of the batch being built
  std::vector<std::string> files;
  std::vector<std::unique_ptr<std::string>> clauses;
  std::string error;
  std::string output, diagnostics;
  unsigned batch = 0;

  ~faa_gnuplot() {
    disconnect();
    clear();
  }

  int connect() {
    disconnect();
    int code = child.start(program);
    if (code == 0) stream = std::make_unique<Gnuplot>(child.take_input());
    return code;
  }

  void disconnect() {
    faa::PipeSignalGuard guard;
    stream.reset();
    child.stop();
  }

  // mkdtemp gives mode 0700: plots of private data must not be readable in a shared /tmp.
  bool make_directory() {
    if (!directory.empty()) return true;
    std::error_code ignored;
    std::string base = std::filesystem::temp_directory_path(ignored).string();
    bool plain = !base.empty() && base.find_first_not_of(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@, ") == std::string::npos;
    std::string pattern = (plain ? base : std::string("/tmp")) + "/faa-plot-XXXXXX";
    if (!mkdtemp(pattern.data())) {
      error = "cannot create a directory for plot data in " + (plain ? base : std::string("/tmp")) + ": " +
              strerror(errno);
      return false;
    }
    directory = pattern;
    return true;
  }

  std::string new_file(const char *kind) {
    files.push_back(directory + "/" + kind + std::to_string(files.size()));
    return files.back();
  }

  void clear() {
    for (const std::string &file : files) unlink(file.c_str());
    files.clear();
    clauses.clear();
    if (!directory.empty()) rmdir(directory.c_str());
    directory.clear();
  }

  const char *keep(std::string clause, const std::string &file, size_t bytes) {
    std::error_code failure;
    if (std::filesystem::file_size(file, failure) != bytes || failure) {
      error = "cannot write plot data to " + file + " (is the disk full?)";
      return nullptr;
    }
    clauses.push_back(std::make_unique<std::string>(std::move(clause)));
    return clauses.back()->c_str();
  }

  bool send(const std::string &script, const std::string &token) {
    std::string path = new_file("script");
    std::ofstream file(path, std::ios::binary);
    file.write(script.data(), static_cast<std::streamsize>(script.size()));
    file.close();
    if (!file) {
      error = "cannot write " + path + " (is the disk full?)";
      return false;
    }
    // `load` stops at the first error, where piped commands would run on; and the pipe only ever carries
    // these few short lines, so a child busy writing a large picture cannot deadlock with us.
    faa::PipeSignalGuard guard;
    try {
      *stream << "set print '-'\nreset errors\nload '" << path << "'\n"
              << "unset multiplot\nset output\nprint \"" << token << "\"\n"
              << std::flush;
    } catch (const std::exception &) {
      // The child is gone: reading its pipes will say so.
    }
    return true;
  }

  // Reads both streams until the token arrives. The token goes through the same stream as the picture, so
  // everything before it is complete. Time in which this process itself did not run (it was stopped, or the machine slept) hardly counts:
  // nobody could have taken the answer.
  Answer receive(const std::string &token, long &left) {
    output.clear();
    diagnostics.clear();
    bool open[2] = {true, true};
    size_t scanned = 0;
    while (open[0]) {
      if (left <= 0) return Answer::timeout;
      const long patience = std::min(left, 500L);
      const Clock::time_point before = Clock::now();
      pollfd streams[2] = {{open[0] ? child.output() : -1, POLLIN, 0}, {open[1] ? child.errors() : -1, POLLIN, 0}};
      if (poll(streams, 2, static_cast<int>(patience)) < 0 && errno != EINTR) return Answer::died;
      const auto waited = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - before).count();
      left -= std::min<long>(waited, patience);
      if (streams[1].revents) open[1] = drain(child.errors(), diagnostics);
      if (streams[0].revents) open[0] = drain(child.output(), output);
      size_t found = output.find(token, scanned);
      if (found != std::string::npos) {
        output.resize(found);
        if (open[1]) drain(child.errors(), diagnostics);
        return Answer::finished;
      }
      scanned = output.size() > token.size() ? output.size() - token.size() : 0;
    }
    return Answer::died;
  }

  static bool drain(int descriptor, std::string &into) {
    char buffer[1 << 16];
    for (;;) {
      ssize_t count = read(descriptor, buffer, sizeof buffer);
      if (count > 0) into.append(buffer, static_cast<size_t>(count));
      else if (count == 0) return false;
      else if (errno != EINTR) return errno == EAGAIN;
    }
  }
};

namespace {

faa_gnuplot_result result(faa_gnuplot_status status, const std::string &message, int line = 0) {
  return {status, nullptr, 0, strdup(message.c_str()), line};
}

/// gnuplot ends its report with `"file" line 12: undefined function: foo` (some versions put a comma before
/// `line`). Reports of warnings have the same form and are not errors.
bool find_error(const std::string &text, const std::string &directory, std::string &message, int &line) {
  const std::string lead = " line ";
  size_t file = text.rfind("\"" + directory + "/");
  size_t mark = file == std::string::npos ? file : text.find(lead, file);
  if (mark == std::string::npos) return false;
  char *end = nullptr;
  line = static_cast<int>(strtol(text.c_str() + mark + lead.size(), &end, 10));
  message = (*end == ':') ? end + 1 : end;
  for (char &c : message)
    if (c == '\n' || c == '\t') c = ' ';
  size_t first = message.find_first_not_of(' '), last = message.find_last_not_of(' ');
  message = first == std::string::npos ? "unknown error" : message.substr(first, last - first + 1);
  return message.rfind("warning", 0) != 0 && message.rfind("Warning", 0) != 0;
}

}  // namespace

faa_gnuplot *faa_gnuplot_create(const char *program) {
  try {
    auto session = std::make_unique<faa_gnuplot>();
    session->program = program;
    return session.release();
  } catch (const std::exception &) {
    return nullptr;
  }
}

void faa_gnuplot_destroy(faa_gnuplot *session) { delete session; }

pid_t faa_gnuplot_pid(const faa_gnuplot *session) { return session->child.pid(); }

const char *faa_gnuplot_error(const faa_gnuplot *session) { return session->error.c_str(); }

faa_gnuplot_result faa_gnuplot_start(faa_gnuplot *session) {
  try {
    if (session->child.alive() && session->stream) return result(FAA_GNUPLOT_OK, "");
    int code = session->connect();
    if (code == 0) return result(FAA_GNUPLOT_OK, "");
    if (code == ENOENT) return result(FAA_GNUPLOT_MISSING, session->program + " was not found");
    return result(FAA_GNUPLOT_IO, "cannot start " + session->program + ": " + strerror(code));
  } catch (const std::exception &failure) {
    return result(FAA_GNUPLOT_IO, failure.what());
  }
}

const char *faa_gnuplot_columns(faa_gnuplot *session, const double *const *columns, size_t count, size_t rows) {
  if (!session->make_directory()) return nullptr;
  try {
    std::vector<Column> views;
    for (size_t i = 0; i < count; ++i) views.push_back({columns[i], rows});
    std::string file = session->new_file("data");
    if (!session->stream) {
      session->error = "gnuplot was not started";
      return nullptr;
    }
    return session->keep(session->stream->binFile1d_colmajor(views, "record", file), file, count * rows * 8);
  } catch (const std::exception &failure) {
    session->error = failure.what();
    return nullptr;
  }
}

const char *faa_gnuplot_pixels(faa_gnuplot *session, const uint8_t *rgba, size_t width, size_t height) {
  if (!session->make_directory()) return nullptr;
  try {
    std::string file = session->new_file("pixels");
    size_t bytes = width * height * 4;
    std::ofstream stream(file, std::ios::binary);
    stream.write(reinterpret_cast<const char *>(rgba), static_cast<std::streamsize>(bytes));
    stream.close();
    return session->keep(" '" + file + "' binary array=(" + std::to_string(width) + "," + std::to_string(height) +
                             ") flip=y format='%uchar%uchar%uchar%uchar' ",
                         file, bytes);
  } catch (const std::exception &failure) {
    session->error = failure.what();
    return nullptr;
  }
}

faa_gnuplot_result faa_gnuplot_run(faa_gnuplot *session, const char *script, size_t count, int timeout_ms) {
  struct Cleanup {
    faa_gnuplot *session;
    ~Cleanup() { session->clear(); }
  } cleanup{session};
  try {
    const std::string text(script, count);
    long left = timeout_ms;
    if (!session->make_directory()) return result(FAA_GNUPLOT_IO, session->error);

    // A batch only reads its own files and writes to its pipe, so one that lost its process can simply be run
    // again.
    for (int attempt = 0; attempt < 2; ++attempt) {
      faa_gnuplot_result started = faa_gnuplot_start(session);
      if (started.status != FAA_GNUPLOT_OK) return started;
      faa_gnuplot_result_free(&started);
      const std::string token = "\001FAA" + std::to_string(++session->batch) + "\001";
      if (!session->send(text, "\\001FAA" + std::to_string(session->batch) + "\\001"))
        return result(FAA_GNUPLOT_IO, session->error);
      switch (session->receive(token, left)) {
      case Answer::timeout:
        session->disconnect();
        return result(FAA_GNUPLOT_TIMEOUT,
                      "gnuplot gave no answer within " + std::to_string(timeout_ms) + " ms and was stopped");
      case Answer::died:
        session->disconnect();
        continue;
      case Answer::finished:
        std::string message;
        int line = 0;
        if (find_error(session->diagnostics, session->directory, message, line)) {
          // The state an aborted script leaves behind is unknown; a fresh process costs 30 ms.
          session->disconnect();
          return result(FAA_GNUPLOT_REFUSED, message, line);
        }
        faa_gnuplot_result good = result(FAA_GNUPLOT_OK, session->diagnostics);
        good.output_count = session->output.size();
        good.output = static_cast<uint8_t *>(malloc(good.output_count ? good.output_count : 1));
        if (good.output) memcpy(good.output, session->output.data(), good.output_count);
        else good.output_count = 0;
        return good;
      }
    }
    return result(FAA_GNUPLOT_DIED, "gnuplot " + session->child.ending());
  } catch (const std::exception &failure) {
    return result(FAA_GNUPLOT_IO, failure.what());
  }
}

void faa_gnuplot_result_free(faa_gnuplot_result *result) {
  free(result->output);
  free(result->message);
  result->output = nullptr;
  result->message = nullptr;
}
