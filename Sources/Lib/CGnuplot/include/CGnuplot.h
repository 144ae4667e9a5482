// A gnuplot session behind a C surface: one child process, commands in, bytes and errors out.
//
// The child is started with posix_spawnp in its own process group (Ctrl-C at a terminal does not reach it),
// without a shell, and is restarted when it has died. Data travels in binary files inside a private
// directory, never as text on the command stream: gnuplot executes what it fails to parse as data.
//
// A session is not thread-safe; its owner serialises calls.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct faa_gnuplot faa_gnuplot;

typedef enum {
  FAA_GNUPLOT_OK = 0,
  FAA_GNUPLOT_MISSING,  // the program does not exist
  FAA_GNUPLOT_IO,       // a pipe, process or temporary file could not be made or written
  FAA_GNUPLOT_REFUSED,  // gnuplot reported an error in the script: see message and line
  FAA_GNUPLOT_DIED,     // the process ended while drawing, twice in a row
  FAA_GNUPLOT_TIMEOUT   // no answer in time; the process was killed
} faa_gnuplot_status;

typedef struct {
  faa_gnuplot_status status;
  uint8_t *output;       // what the script wrote to standard output
  size_t output_count;
  char *message;         // gnuplot's diagnostics, or why it could not run; never NULL
  int line;              // 1-based script line of a refusal, 0 when unknown
} faa_gnuplot_result;

/// A session on `program` (found on PATH). No process is started yet. NULL when out of memory.
faa_gnuplot *faa_gnuplot_create(const char *program);

/// Ends the process, reaps it and removes the data files.
void faa_gnuplot_destroy(faa_gnuplot *session);

/// The running child's process id, or 0.
pid_t faa_gnuplot_pid(const faa_gnuplot *session);

/// Starts the process unless it already runs, so that a missing program is known before any data is prepared.
faa_gnuplot_result faa_gnuplot_start(faa_gnuplot *session);

/// Writes `count` columns of `rows` doubles to a binary file and returns the data clause that reads it back,
/// ready to stand after `plot`. Valid until the next run ends. The session must have been started. NULL when
/// the file cannot be written (see faa_gnuplot_error).
const char *faa_gnuplot_columns(faa_gnuplot *session, const double *const *columns, size_t count, size_t rows);

/// Writes an RGBA image (row-major, top row first) and returns its data clause up to and including the
/// format.
const char *faa_gnuplot_pixels(faa_gnuplot *session, const uint8_t *rgba, size_t width, size_t height);

/// Why the last faa_gnuplot_columns or faa_gnuplot_pixels returned NULL.
const char *faa_gnuplot_error(const faa_gnuplot *session);

/// Runs a script and waits for its end. Lines after a failing one are not executed. Data files are removed
/// afterwards.
faa_gnuplot_result faa_gnuplot_run(faa_gnuplot *session, const char *script, size_t count, int timeout_ms);

void faa_gnuplot_result_free(faa_gnuplot_result *result);

/// Whether one of the machine's fonts has a character; true where that cannot be told.
bool faa_gnuplot_can_write(uint32_t character);

#ifdef __cplusplus
}
#endif
