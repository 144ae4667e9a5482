#define _GNU_SOURCE
#include "CReadline.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include <readline/history.h>
#include <readline/readline.h>

static faa_line_callbacks callbacks;

enum { INTERRUPT = 3, ABORT = 7, END_OF_SEARCH = 10, PREFIX = 24, ESCAPE = 27 };

// ---- Input ---------------------------------------------------------------------------------------------------------
// Readline moves and deletes by characters and is not made for ill-formed UTF-8: every ill-formed piece becomes U+FFFD.

static unsigned char queued[3];
static int queued_count, queued_at;
// A byte that was looked at and is still to be read.
static int held = -1;
// What arrived while the terminal was asked a question.
static unsigned char *typed;
static size_t typed_count, typed_at;
static bool is_installed;
// When the last byte came, and how long after the one before it.
static struct timespec arrival;
static double gap;

static bool has_pending(void) { return queued_at < queued_count || held >= 0 || typed_at < typed_count; }

static int raw_byte(FILE *stream) {
  struct timespec before = arrival;
  int byte = typed_at < typed_count ? typed[typed_at++] : rl_getc(stream);
  clock_gettime(CLOCK_MONOTONIC, &arrival);
  gap = (double)(arrival.tv_sec - before.tv_sec) + (double)(arrival.tv_nsec - before.tv_nsec) * 1e-9;
  return byte;
}

static bool is_ready(int milliseconds) {
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

static int next_byte(FILE *stream) {
  if (queued_at < queued_count) return queued[queued_at++];
  int lead = held >= 0 ? held : raw_byte(stream);
  held = -1;
  if (lead < 0x80) return lead;
  int low, high, count = continuation(lead, &low, &high);
  queued_count = queued_at = 0;
  // The bytes of a character come together.
  while (queued_count < count && (typed_at < typed_count || is_ready(100))) {
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

// ---- Lines of an entry ---------------------------------------------------------------------------------------------
// Readline draws line ends inside its buffer, but knows nothing of lines. Positions are bytes.

static int line_start(int at) {
  while (at > 0 && rl_line_buffer[at - 1] != '\n') --at;
  return at;
}

static int line_end(int at) {
  while (at < rl_end && rl_line_buffer[at] != '\n') ++at;
  return at;
}

static bool continues_character(int at) { return ((unsigned char)rl_line_buffer[at] & 0xC0) == 0x80; }

static int characters(int from, int to) {
  int count = 0;
  for (int at = from; at < to; ++at) count += !continues_character(at);
  return count;
}

// The position `count` characters into the line that begins at `start`, or the line's end.
static int position(int start, int count) {
  int at = start, end = line_end(start);
  while (at < end && count > 0) {
    ++at;
    while (at < end && continues_character(at)) ++at;
    --count;
  }
  return at;
}

// ---- Keys ----------------------------------------------------------------------------------------------------------

static void insert_line_end(int indent) {
  rl_begin_undo_group();
  rl_insert_text("\n");
  for (int i = 0; i < indent && i < 40; ++i) rl_insert_text(" ");
  rl_end_undo_group();
}

static int on_enter(int count, int key) {
  int indent = 0;
  if (callbacks.is_complete(rl_line_buffer, &indent)) return rl_newline(count, key);
  insert_line_end(indent);
  return 0;
}

// Alt-Enter is sent as Escape and Enter in one burst; a person who presses one key after the other takes longer.
static int on_alt_enter(int count, int key) {
  if (gap > 0.05) return rl_newline(count, key);
  insert_line_end(0);
  return 0;
}

// A closing bracket that begins a line stands one step to the left of what it closes.
static int on_closing(int count, int key) {
  int start = line_start(rl_point), blanks = start;
  while (blanks < rl_point && rl_line_buffer[blanks] == ' ') ++blanks;
  rl_begin_undo_group();
  if (start > 0 && blanks == rl_point && rl_point - start >= 2) {
    rl_delete_text(rl_point - 2, rl_point);
    rl_point -= 2;
  }
  int result = rl_insert(count, key);
  rl_end_undo_group();
  return result;
}

static int on_tab(int count, int key) {
  (void)count, (void)key;
  callbacks.complete();
  return 0;
}

typedef int search_function(int, int);
static search_function *last_search;

// What the last move through the history showed, and where the cursor was left.
static char *shown_text;
static int shown_point;
// What was typed before a search began.
static char *draft;

static void forget_shown(void) {
  free(shown_text);
  shown_text = NULL;
}

// The history function for a direction: by what stands before the cursor when something was typed. A search goes on in either
// direction as long as nothing else is pressed, and ends at the draft. Readline tells a repeated search by the last function it
// dispatched.
static int visit_history(int count, int key, search_function *search, search_function *visit) {
  bool moving = shown_text && rl_point == shown_point && strcmp(shown_text, rl_line_buffer) == 0;
  bool repeated = moving && last_search;
  int result;
  if (repeated || (!moving && rl_point > 0 && rl_point == rl_end && where_history() == history_length)) {
    if (repeated) {
      rl_last_func = last_search;
    } else {
      free(draft);
      draft = strdup(rl_line_buffer);
    }
    last_search = search;
    result = search(count, key);
    if (result != 0 && search == rl_history_search_forward && draft) {
      // As an edit: the steps to undo count on the text they were made in.
      faa_line_replace(0, (size_t)rl_end, draft);
      forget_shown();
      return 0;
    }
    if (!strchr(rl_line_buffer, '\n')) rl_point = rl_end;
  } else {
    last_search = NULL;
    result = visit(count, key);
  }
  forget_shown();
  shown_text = strdup(rl_line_buffer);
  shown_point = rl_point;
  return result;
}

static int on_up(int count, int key) {
  int start = line_start(rl_point);
  if (start > 0) {
    rl_point = position(line_start(start - 1), characters(start, rl_point));
    return 0;
  }
  return visit_history(count, key, rl_history_search_backward, rl_get_previous_history);
}

static int on_down(int count, int key) {
  int end = line_end(rl_point);
  if (end < rl_end) {
    rl_point = position(end + 1, characters(line_start(rl_point), rl_point));
    return 0;
  }
  return visit_history(count, key, rl_history_search_forward, rl_get_next_history);
}

static int on_home(int count, int key) {
  (void)count, (void)key;
  rl_point = line_start(rl_point);
  return 0;
}

static int on_end(int count, int key) {
  (void)count, (void)key;
  rl_point = line_end(rl_point);
  return 0;
}

// The bytes of a paste, up to the terminal's mark for its end. A paste whose end does not come within a second is over.
static char *pasted_text(void) {
  static const char mark[] = "\033[201~";
  size_t count = 0, capacity = 4096;
  char *text = malloc(capacity);
  while (text) {
    int key = has_pending() || is_ready(1000) ? rl_read_key() : -1;
    if (key < 0) break;
    if (key == 0) continue;
    if (count + 2 > capacity) {
      char *larger = realloc(text, capacity *= 2);
      if (!larger) break;
      text = larger;
    }
    text[count++] = key == '\r' ? '\n' : (char)key;
    size_t length = sizeof mark - 1;
    if (count >= length && memcmp(text + count - length, mark, length) == 0) {
      count -= length;
      break;
    }
  }
  if (text) text[count] = 0;
  return text;
}

static int on_paste(int count, int key) {
  (void)count, (void)key;
  char *text = pasted_text();
  if (!text) return 0;
  callbacks.pasted(text);
  free(text);
  return 0;
}

// ---- The screen ----------------------------------------------------------------------------------------------------

// Columns and rows as readline may know them: with fewer columns it divides by zero.
enum { LEAST_COLUMNS = 4 };

static int columns_known;

static void take_window_size(void) {
  struct winsize size;
  if (ioctl(fileno(rl_outstream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    size.ws_col = 80, size.ws_row = 24;
  columns_known = size.ws_col < LEAST_COLUMNS ? LEAST_COLUMNS : size.ws_col;
  rl_set_screen_size(size.ws_row, columns_known);
}

// Draws prompt and entry anew where the cursor is. Not by rl_forced_update_display: that of readline 8.2 writes beyond the end
// of its picture of the screen where a line fills it.
static void draw(void) {
  char *prompt = rl_display_prompt;
  rl_reset_line_state();
  rl_display_prompt = prompt;
  rl_redisplay();
}

static void move_below(void) {
  rl_point = rl_end;
  rl_redisplay();
  rl_crlf();
}

// Adds the cells of a text to a place on a screen that wraps at so many columns.
static void advance(const char *text, const char *end, int columns, int *row, int *column) {
  mbstate_t state;
  memset(&state, 0, sizeof state);
  while (text < end && *text) {
    // Colours of the prompt.
    if (*text == RL_PROMPT_START_IGNORE) {
      while (text < end && *text && *text != RL_PROMPT_END_IGNORE) ++text;
      if (*text) ++text;
      continue;
    }
    wchar_t character;
    size_t length = mbrtowc(&character, text, (size_t)(end - text), &state);
    if (length == 0 || length > 4) length = 1, character = L'?', memset(&state, 0, sizeof state);
    text += length;
    if (character == L'\n') {
      ++*row, *column = 0;
      continue;
    }
    int width = character == L'\t' ? 8 - *column % 8 : character < 32 || character == 127 ? 2 : wcwidth(character);
    if (width < 0) width = 1;
    if (*column + width > columns) ++*row, *column = 0;
    *column += width;
  }
}

// How many rows the cursor stands below the first one of the prompt.
static int rows_above_cursor(int columns) {
  int row = 0, column = 0;
  if (rl_display_prompt) advance(rl_display_prompt, rl_display_prompt + strlen(rl_display_prompt), columns, &row, &column);
  advance(rl_line_buffer, rl_line_buffer + rl_point, columns, &row, &column);
  return row + (column >= columns);
}

// Terminals break long lines anew when their width changes; the old xterm cuts them off.
void faa_line_resize(void) {
  int before = columns_known;
  take_window_size();
  if (!is_installed) return;
  int rows = rows_above_cursor(getenv("XTERM_VERSION") ? before : columns_known);
  if (rows > 0) fprintf(rl_outstream, "\033[%dA", rows);
  fputs("\r\033[J", rl_outstream);
  draw();
}

static int on_clear(int count, int key) {
  (void)count, (void)key;
  fputs("\033[H\033[2J", rl_outstream);
  draw();
  return 0;
}

// ---- Interrupts ----------------------------------------------------------------------------------------------------

// Drops what was typed, which the history remembers, and shows a new prompt.
static void drop_draft(void) {
  char *text = strdup(rl_line_buffer);
  forget_shown();
  rl_point = rl_end;
  rl_redisplay();
  fputs("^C", rl_outstream);
  rl_free_line_state();
  // The line that was put aside when the history was entered goes with the one that is shown.
  rl_maybe_unsave_line();
  rl_replace_line("", 1);
  using_history();
  if (text && text[strspn(text, " \t\n")]) faa_line_remember(text);
  free(text);
  rl_crlf();
  draw();
}

static bool is_searching(void) { return RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH); }

void faa_line_interrupt(void) {
  if (is_searching()) {
    held = ABORT;
    rl_callback_read_char();
    return;
  }
  rl_callback_sigcleanup();
  drop_draft();
}

static int on_interrupt(int count, int key) {
  (void)count, (void)key;
  drop_draft();
  return 0;
}

// Readline's own way to abort jumps to where the key was read, which may have returned since.
static int on_abort(int count, int key) {
  (void)count, (void)key;
  return 0;
}

// ---- The editor ----------------------------------------------------------------------------------------------------

static void on_entry(char *entry) {
  faa_line_end();
  callbacks.accepted(entry);
  free(entry);
}

// Readline shows what is typed only where the terminal did. Ctrl-C is a key here, so that it keeps its place among the others,
// and so is Ctrl-S, which would stop the terminal.
static void take_terminal(int meta) {
  faa_terminal_give_back();
  rl_prep_terminal(meta);
  struct termios settings;
  int terminal = fileno(rl_instream);
  if (tcgetattr(terminal, &settings) != 0) return;
  settings.c_cc[VINTR] = _POSIX_VDISABLE;
  settings.c_iflag &= ~(tcflag_t)IXON;
  tcsetattr(terminal, TCSANOW, &settings);
}

static void release_terminal(void) {
  rl_deprep_terminal();
  faa_terminal_take();
}

static void bind(const char *const *keys, rl_command_func_t *function) {
  for (; *keys; ++keys) rl_bind_keyseq(*keys, function);
}

const char *faa_line_version(void) { return rl_library_version; }

void faa_line_setup(faa_line_callbacks given) {
  callbacks = given;
  // Readline counts columns with the C library's idea of characters.
  if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");

  rl_readline_name = "faa";
  rl_catch_signals = 0;
  rl_catch_sigwinch = 0;
  rl_initialize();
  rl_getc_function = next_byte;
  rl_prep_term_function = take_terminal;
  rl_deprep_term_function = release_terminal;
  rl_variable_bind("enable-bracketed-paste", "on");
  rl_variable_bind("horizontal-scroll-mode", "off");
  rl_variable_bind("bell-style", "none");
  // faa_line_read ends a search with it.
  rl_variable_bind("isearch-terminators", "\\C-j");
  using_history();

  rl_bind_key('\t', on_tab);
  for (const char *bracket = "})]"; *bracket; ++bracket) rl_bind_key(*bracket, on_closing);
  rl_bind_key('\r', on_enter);
  rl_bind_key('\n', on_enter);
  bind((const char *[]){"\\e\\C-m", "\\e\\C-j", NULL}, on_alt_enter);
  bind((const char *[]){"\\e[200~", NULL}, on_paste);
  bind((const char *[]){"\\e[A", "\\eOA", "\\C-p", NULL}, on_up);
  bind((const char *[]){"\\e[B", "\\eOB", "\\C-n", NULL}, on_down);
  bind((const char *[]){"\\e[H", "\\eOH", "\\e[1~", "\\C-a", NULL}, on_home);
  bind((const char *[]){"\\e[F", "\\eOF", "\\e[4~", "\\C-e", NULL}, on_end);
  bind((const char *[]){"\\C-l", "\\e\\C-l", NULL}, on_clear);
  bind((const char *[]){"\\C-c", "\\e\\C-c", NULL}, on_interrupt);
  bind((const char *[]){"\\C-g", "\\e\\C-g", "\\C-x\\C-g", NULL}, on_abort);
  bind((const char *[]){"\\e?", "\\e=", NULL}, on_tab);
  // Keyboard macros abort in the midst of a key; readline's own completion knows file names alone.
  bind((const char *[]){"\\C-x(", "\\C-x)", "\\C-xe", "\\e*", NULL}, NULL);
}

void faa_line_begin(const char *prompt) {
  faa_signals_editing(true);
  take_window_size();
  forget_shown();
  rl_callback_handler_install(prompt, on_entry);
  is_installed = true;
}

void faa_line_end(void) {
  is_installed = false;
  rl_callback_handler_remove();
  faa_signals_editing(false);
}

bool faa_line_has_input(void) { return has_pending(); }

void faa_line_read(void) {
  do {
    if (!has_pending()) held = raw_byte(rl_instream);
    if (held == INTERRUPT) {
      held = -1;
      faa_line_interrupt();
      continue;
    }
    // A search that a key of several bytes ends would run that key on a stack frame that is gone should the key abort. End it
    // before.
    if (RL_ISSTATE(RL_STATE_ISEARCH) && (held == ESCAPE || held == PREFIX)) {
      int key = held;
      held = END_OF_SEARCH;
      rl_callback_read_char();
      held = key;
    }
    rl_callback_read_char();
  } while (is_installed && has_pending());
}

void faa_line_suspend(void) {
  move_below();
  fflush(rl_outstream);
  release_terminal();
  faa_terminal_stop();
  take_terminal(1);
  take_window_size();
  draw();
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

const char *faa_line_text(void) { return rl_line_buffer; }

size_t faa_line_cursor(void) { return (size_t)rl_point; }

void faa_line_replace(size_t start, size_t end, const char *text) {
  rl_begin_undo_group();
  rl_delete_text((int)start, (int)end);
  rl_point = (int)start;
  rl_insert_text(text);
  rl_end_undo_group();
}

void faa_line_show_below(const char *text) {
  int cursor = rl_point;
  move_below();
  fputs(text, rl_outstream);
  rl_crlf();
  rl_point = cursor;
  draw();
}

void faa_line_remember(const char *entry) {
  HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
  if (!last || strcmp(last->line, entry) != 0) add_history(entry);
  using_history();
}
