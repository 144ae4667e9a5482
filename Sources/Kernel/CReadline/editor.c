#include "CReadline.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

static faa_line_callbacks callbacks;

// ---- Input ---------------------------------------------------------------------------------------------------------
// Readline moves and deletes by characters and is not made for ill-formed UTF-8: every ill-formed piece becomes U+FFFD.

static unsigned char queued[3];
static int queued_count, queued_at;
// A byte that was read as the continuation of a character and is none.
static int held = -1;
static bool is_installed;

static bool has_pending(void) { return queued_at < queued_count || held >= 0; }

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
  int lead = held >= 0 ? held : rl_getc(stream);
  held = -1;
  if (lead < 0x80) return lead;
  int low, high, count = continuation(lead, &low, &high);
  queued_count = queued_at = 0;
  // The bytes of a character come together.
  while (queued_count < count && is_ready(100)) {
    int byte = rl_getc(stream);
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

static int on_alt_enter(int count, int key) {
  (void)count, (void)key;
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
      rl_replace_line(draft, 0);
      rl_point = rl_end;
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

// ---- The editor ----------------------------------------------------------------------------------------------------

static void on_entry(char *entry) {
  faa_line_end();
  callbacks.accepted(entry);
  free(entry);
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
  rl_variable_bind("enable-bracketed-paste", "on");
  rl_variable_bind("horizontal-scroll-mode", "off");
  rl_variable_bind("bell-style", "none");
  using_history();

  rl_bind_key('\t', on_tab);
  for (const char *bracket = "})]"; *bracket; ++bracket) rl_bind_key(*bracket, on_closing);
  rl_bind_key('\r', on_enter);
  rl_bind_key('\n', on_enter);
  rl_bind_keyseq("\\e\\C-m", on_alt_enter);
  rl_bind_keyseq("\\e\\C-j", on_alt_enter);
  rl_bind_keyseq("\\e[200~", on_paste);
  const char *up[] = {"\\e[A", "\\eOA", "\\C-p"}, *down[] = {"\\e[B", "\\eOB", "\\C-n"};
  for (int i = 0; i < 3; ++i) rl_bind_keyseq(up[i], on_up), rl_bind_keyseq(down[i], on_down);
  const char *home[] = {"\\e[H", "\\eOH", "\\e[1~", "\\C-a"}, *end[] = {"\\e[F", "\\eOF", "\\e[4~", "\\C-e"};
  for (int i = 0; i < 4; ++i) rl_bind_keyseq(home[i], on_home), rl_bind_keyseq(end[i], on_end);
}

void faa_line_begin(const char *prompt) {
  faa_signals_editing(true);
  rl_reset_screen_size();
  forget_shown();
  rl_callback_handler_install(prompt, on_entry);
  is_installed = true;
}

void faa_line_end(void) {
  is_installed = false;
  rl_callback_handler_remove();
  faa_signals_editing(false);
}

void faa_line_read(void) {
  do rl_callback_read_char();
  while (is_installed && has_pending());
}

static void move_below(void) {
  rl_point = rl_end;
  rl_redisplay();
  rl_crlf();
}

bool faa_line_is_searching(void) { return RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH); }

void faa_line_cancel_search(void) {
  // Ctrl-G ends a search and brings back the line it started from.
  rl_stuff_char(7);
  rl_callback_read_char();
}

void faa_line_cancel(void) {
  forget_shown();
  rl_point = rl_end;
  rl_redisplay();
  fputs("^C", rl_outstream);
  rl_free_line_state();
  rl_callback_sigcleanup();
  rl_crlf();
  rl_on_new_line();
  rl_replace_line("", 1);
  while (where_history() < history_length) next_history();
  rl_redisplay();
}

void faa_line_suspend(void) {
  move_below();
  fflush(rl_outstream);
  rl_deprep_terminal();
  kill(getpid(), SIGSTOP);
  rl_prep_terminal(1);
  rl_on_new_line();
  rl_forced_update_display();
}

void faa_line_resize(void) { rl_resize_terminal(); }

void faa_line_type(const char *bytes, size_t count) {
  for (size_t i = 0; i < count; ++i) rl_stuff_char((unsigned char)bytes[i]);
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
  rl_on_new_line();
  rl_point = cursor;
  rl_forced_update_display();
}

void faa_line_remember(const char *entry) {
  HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
  if (!last || strcmp(last->line, entry) != 0) add_history(entry);
  using_history();
}
