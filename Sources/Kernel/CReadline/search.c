// Searching the history for a text, a key at a time. Readline's own search runs the key that ends it on a stack frame which may be
// gone, and vi's takes time quadratic in the length of an entry, deaf to Ctrl-C; so here the search is a state of the editor.
#include "Editor.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { ABORT = 7, BACKSPACE = 8, LINE_FEED = 10, ENTER = 13, WORD = 23, ESCAPE = 27, DELETE = 127 };

// How long after Escape the rest of a key that begins with it may come.
enum { ESCAPE_MILLISECONDS = 50 };

typedef struct {
  char *bytes;
  size_t count;
} text;

static bool is_active;
// -1 to older entries, 1 to newer ones.
static int direction;
// Enter only ends the search, as in vi: what is found is not run.
static bool is_quiet;
static bool has_failed;
static text pattern;
// What was looked for last, and where: for vi's `n`, and for a search for nothing.
static text last;
static int last_direction;
static bool last_is_quiet;
// Where the search began.
static int origin, origin_point;
static char *message;

static void set(text *t, const char *bytes, size_t count) {
  char *copy = malloc(count + 1);
  if (!copy) return;
  memcpy(copy, bytes, count);
  copy[count] = 0;
  free(t->bytes);
  t->bytes = copy;
  t->count = count;
}

static void add(const char *bytes, size_t count) {
  char *larger = realloc(pattern.bytes, pattern.count + count + 1);
  if (!larger) return;
  memcpy(larger + pattern.count, bytes, count);
  pattern.bytes = larger;
  pattern.count += count;
  larger[pattern.count] = 0;
}

// The search takes the place of the prompt.
static void say(void) {
  static const char form[] = "(%s%si-search)`%s': ";
  size_t capacity = sizeof form + pattern.count + 32;
  char *next = malloc(capacity);
  if (!next) return;
  snprintf(next, capacity, form, has_failed ? "failed " : "", direction < 0 ? "reverse-" : "", pattern.bytes);
  rl_display_prompt = next;
  free(message);
  message = next;
  faa_display_redisplay();
}

static void look(bool includes_current) {
  has_failed = pattern.count > 0 && !faa_visits_find(pattern.bytes, is_quiet, direction, includes_current);
}

static int start(int towards, bool quiet) {
  is_active = true;
  is_quiet = quiet;
  has_failed = false;
  direction = towards;
  set(&pattern, "", 0);
  origin = faa_visits_place();
  origin_point = rl_point;
  if (pattern.bytes) say();
  else is_active = false;
  return 0;
}

static void repeat(void) {
  if (pattern.count == 0 && last.count > 0) set(&pattern, last.bytes, last.count);
  look(false);
  say();
}

// Takes the last character back.
static void shorten(void) {
  if (pattern.count == 0) return;
  while (pattern.count > 0 && ((unsigned char)pattern.bytes[--pattern.count] & 0xC0) == 0x80) {
  }
  pattern.bytes[pattern.count] = 0;
  look(true);
  say();
}

// Adds the rest of the word behind what was found.
static void lengthen(void) {
  bool is_anchored = is_quiet && *pattern.bytes == '^';
  int from = rl_point + (int)pattern.count - is_anchored, to = from;
  if (has_failed || from > rl_end) return;
  while (to < rl_end && !isalnum((unsigned char)rl_line_buffer[to]) && rl_line_buffer[to] != '\n') ++to;
  while (to < rl_end && (isalnum((unsigned char)rl_line_buffer[to]) || (unsigned char)rl_line_buffer[to] >= 128)) ++to;
  add(rl_line_buffer + from, (size_t)(to - from));
  say();
}

static void take_character(void) {
  int lead = faa_input_next(rl_instream), count = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char bytes[4] = {(char)lead};
  for (int i = 1; i < count; ++i) bytes[i] = (char)faa_input_next(rl_instream);
  add(bytes, (size_t)count);
  look(true);
  say();
}

bool faa_search_is_active(void) { return is_active; }

void faa_search_end(void) {
  if (!is_active) return;
  is_active = false;
  if (pattern.count > 0) {
    set(&last, pattern.bytes, pattern.count);
    last_direction = direction;
    last_is_quiet = is_quiet;
  }
  rl_display_prompt = rl_prompt;
  faa_display_redisplay();
}

void faa_search_cancel(void) {
  faa_visits_show(origin, origin_point);
  faa_search_end();
}

// Whether Escape, which was taken, is a key alone and not the first byte of one.
static bool is_alone(void) { return !faa_input_is_pending() && !faa_input_comes(ESCAPE_MILLISECONDS); }

bool faa_search_take(int key) {
  if (key < 0) {
    faa_search_end();
    return false;
  }
  Keymap map = rl_get_keymap();
  rl_command_func_t *function = map[key].type == ISFUNC ? map[key].function : NULL;
  bool is_text = key >= ' ' && key != DELETE;
  bool turns = !is_text && (function == faa_search_backward || function == faa_search_forward);
  if (is_text) {
    take_character();
    return true;
  }
  // Only Escape may be put back.
  faa_input_set_held(-1);
  if (turns) {
    direction = function == faa_search_backward ? -1 : 1;
    repeat();
  } else if (key == BACKSPACE || key == DELETE) {
    shorten();
  } else if (key == WORD) {
    lengthen();
  } else if (key == ABORT) {
    faa_search_cancel();
  } else if (is_quiet && (key == ENTER || key == LINE_FEED)) {
    if (pattern.count == 0) repeat();
    faa_search_end();
  } else {
    faa_search_end();
    if (key == LINE_FEED || (key == ESCAPE && is_alone())) return true;
    faa_input_set_held(key);
    return false;
  }
  return true;
}

// ---- Keys

int faa_search_backward(int count, int key) {
  (void)key;
  return start(count < 0 ? 1 : -1, false);
}

int faa_search_forward(int count, int key) { return faa_search_backward(-count, key); }

int faa_search_quietly_backward(int count, int key) {
  (void)key;
  return start(count < 0 ? 1 : -1, true);
}

int faa_search_quietly_forward(int count, int key) { return faa_search_quietly_backward(-count, key); }

int faa_search_vi(int count, int key) {
  return key == '?' ? faa_search_quietly_forward(count, key) : faa_search_quietly_backward(count, key);
}

static int again(int sign) {
  if (last.count > 0) faa_visits_find(last.bytes, last_is_quiet, sign, false);
  return 0;
}

int faa_search_vi_again(int count, int key) {
  (void)count;
  return again(key == 'N' ? -last_direction : last_direction);
}

int faa_search_again_backward(int count, int key) {
  (void)count, (void)key;
  return again(-1);
}

int faa_search_again_forward(int count, int key) {
  (void)count, (void)key;
  return again(1);
}
