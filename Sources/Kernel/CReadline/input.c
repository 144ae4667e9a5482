// Readline moves and deletes by characters and is not made for ill-formed UTF-8: every ill-formed piece becomes U+FFFD.
#define _GNU_SOURCE
#include "Editor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned char queued[3];
static int queued_count, queued_at;
// A byte that was looked at and is still to be read.
static int held = -1;
// What arrived while the terminal was asked a question.
static unsigned char *typed;
static size_t typed_count, typed_at;
// When the last byte came, and how long after the one before it.
static struct timespec arrival;
static double gap;

bool faa_input_is_pending(void) { return queued_at < queued_count || held >= 0 || typed_at < typed_count; }

double faa_input_gap(void) { return gap; }

static int raw_byte(FILE *stream) {
  struct timespec before = arrival;
  int byte = typed_at < typed_count ? typed[typed_at++] : rl_getc(stream);
  clock_gettime(CLOCK_MONOTONIC, &arrival);
  gap = (double)(arrival.tv_sec - before.tv_sec) + (double)(arrival.tv_nsec - before.tv_nsec) * 1e-9;
  return byte;
}

int faa_input_hold(void) {
  if (held < 0 && queued_at == queued_count) held = raw_byte(rl_instream);
  return held;
}

void faa_input_set_held(int byte) { held = byte; }

void faa_input_drop_character(void) { queued_at = queued_count; }

bool faa_input_comes(int milliseconds) {
  struct pollfd input = {.fd = fileno(rl_instream), .events = POLLIN};
  int ready;
  do ready = poll(&input, 1, milliseconds);
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

// How many bytes follow a lead byte, and what the first of them may be; -1 for a byte that leads nothing.
static int continuation(int lead, int *low, int *high) {
  *low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  *high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return lead < 0xC2 ? -1 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : lead < 0xF5 ? 3 : -1;
}

int faa_input_next(FILE *stream) {
  if (queued_at < queued_count) return queued[queued_at++];
  int lead = held >= 0 ? held : raw_byte(stream);
  held = -1;
  if (lead < 0x80) return lead;
  int low, high, count = continuation(lead, &low, &high);
  queued_count = queued_at = 0;
  // The bytes of a character come together.
  while (queued_count < count && (typed_at < typed_count || faa_input_comes(100))) {
    int byte = raw_byte(stream);
    if (byte < low || byte > high) {
      held = byte;
      break;
    }
    queued[queued_count++] = (unsigned char)byte;
    low = 0x80, high = 0xBF;
  }
  if (queued_count == count) return lead;
  memcpy(queued, "\xBF\xBD", 2);
  queued_count = 2;
  return 0xEF;
}

void faa_line_type(const char *bytes, size_t count) {
  size_t left = typed_count - typed_at;
  unsigned char *all = malloc(left + count);
  if (!all) return;
  if (left) memcpy(all, typed + typed_at, left);
  memcpy(all + left, bytes, count);
  free(typed);
  typed = all;
  typed_count = left + count;
  typed_at = 0;
}
