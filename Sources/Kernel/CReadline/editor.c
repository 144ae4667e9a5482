#define _GNU_SOURCE
#include "Editor.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

faa_line_callbacks faa_callbacks;

enum { INTERRUPT = 3 };

static bool is_installed;

// ---- Keys ----------------------------------------------------------------------------------------------------------

static void insert_line_end(int indent) {
  rl_begin_undo_group();
  rl_insert_text("\n");
  for (int i = 0; i < indent && i < 40; ++i) rl_insert_text(" ");
  rl_end_undo_group();
}

static int on_enter(int count, int key) {
  int indent = 0;
  faa_visits_adopt();
  if (faa_callbacks.is_complete(rl_line_buffer, &indent)) return rl_newline(count, key);
  insert_line_end(indent);
  return 0;
}

// Alt-Enter is sent as Escape and Enter in one burst; a person who presses one key after the other takes longer.
static int on_alt_enter(int count, int key) {
  if (faa_input_gap() > 0.05) return rl_newline(count, key);
  insert_line_end(0);
  return 0;
}

// A closing bracket that begins a line stands one step to the left of what it closes.
static int on_closing(int count, int key) {
  int start = faa_text_line_start(rl_point), blanks = start;
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
  faa_callbacks.complete();
  return 0;
}

static int characters(int from, int to) {
  int count = 0;
  for (int at = from; at < to; ++at) count += !faa_text_continues_character(at);
  return count;
}

// The position `count` characters into the line that begins at `start`, or the line's end.
static int position(int start, int count) {
  int at = start, end = faa_text_line_end(start);
  while (at < end && count > 0) {
    ++at;
    while (at < end && faa_text_continues_character(at)) ++at;
    --count;
  }
  return at;
}

static int on_up(int count, int key) {
  (void)count, (void)key;
  int start = faa_text_line_start(rl_point);
  if (start == 0) faa_visits_step(-1);
  else rl_point = position(faa_text_line_start(start - 1), characters(start, rl_point));
  return 0;
}

static int on_down(int count, int key) {
  (void)count, (void)key;
  int end = faa_text_line_end(rl_point);
  if (end == rl_end) faa_visits_step(1);
  else rl_point = position(end + 1, characters(faa_text_line_start(rl_point), rl_point));
  return 0;
}

static int on_oldest(int count, int key) {
  (void)count, (void)key;
  faa_visits_go_to_end(-1);
  return 0;
}

static int on_newest(int count, int key) {
  (void)count, (void)key;
  faa_visits_go_to_end(1);
  return 0;
}

// The place `count` clusters from the cursor, backwards for a negative count.
static int clusters_away(int count) {
  int at = rl_point;
  for (; count > 0 && at < rl_end; --count) at = faa_text_cluster_end(at);
  for (; count < 0 && at > 0; ++count) at = faa_text_cluster_start(at);
  return at;
}

static void delete_clusters(int count) {
  int other = clusters_away(count);
  int start = other < rl_point ? other : rl_point, end = other < rl_point ? rl_point : other;
  rl_delete_text(start, end);
  rl_point = start;
}

static int on_right(int count, int key) {
  (void)key;
  rl_point = clusters_away(count);
  return 0;
}

static int on_left(int count, int key) { return on_right(-count, key); }

static int on_delete(int count, int key) {
  (void)key;
  delete_clusters(count);
  return 0;
}

static int on_backspace(int count, int key) { return on_delete(-count, key); }

// `x` of vi's command mode keeps what it deletes and stays on a character.
static int on_vi_delete(int count, int key) {
  (void)key;
  rl_kill_text(rl_point, clusters_away(count));
  if (rl_point == rl_end) rl_point = faa_text_cluster_start(rl_point);
  return 0;
}

// Readline aborts a yank of nothing, with a jump that after some keys of several bytes goes to a frame that is gone. So the ring
// of what was killed is never empty: its first entry is a mark, which is never inserted.
static const char nothing[] = "\001";

static bool is_nothing(int start) { return rl_point == start + 1 && rl_line_buffer[start] == *nothing; }

static void prepare_ring(void) {
  rl_insert_text(nothing);
  rl_kill_text(0, rl_end);
  rl_replace_line("", 1);
}

static int on_yank(int count, int key) {
  int start = rl_point;
  rl_yank(count, key);
  if (is_nothing(start)) rl_delete_text(start, rl_point--);
  return 0;
}

static int on_yank_pop(int count, int key) {
  // Readline knows its own functions alone.
  if (rl_last_func != on_yank && rl_last_func != on_yank_pop) return 0;
  for (int tries = 0; tries < 2; ++tries) {
    rl_last_func = rl_yank;
    rl_yank_pop(count, key);
    if (rl_point == 0 || rl_line_buffer[rl_point - 1] != *nothing) break;
  }
  return 0;
}

static int on_vi_put(int count, int key) {
  int start = rl_point, end = rl_end;
  rl_vi_put(count, key);
  const char *inserted = end < rl_end ? memchr(rl_line_buffer, *nothing, (size_t)rl_end) : NULL;
  if (inserted) {
    int at = (int)(inserted - rl_line_buffer);
    rl_delete_text(at, at + rl_end - end);
    rl_point = start;
  }
  return 0;
}

static int on_home(int count, int key) {
  (void)count, (void)key;
  rl_point = faa_text_line_start(rl_point);
  return 0;
}

static int on_end(int count, int key) {
  (void)count, (void)key;
  int start = faa_text_line_start(rl_point);
  rl_point = faa_text_line_end(rl_point);
  // The command mode of vi stands on characters, not behind them.
  if (rl_get_keymap() == vi_movement_keymap && rl_point > start) rl_point = faa_text_cluster_start(rl_point);
  return 0;
}

// The bytes of a paste, up to the terminal's mark for its end. A paste whose end does not come within a second is over.
static char *pasted_text(void) {
  static const char mark[] = "\033[201~";
  size_t count = 0, capacity = 4096;
  char *text = malloc(capacity);
  while (text) {
    int key = faa_input_is_pending() || faa_input_comes(1000) ? rl_read_key() : -1;
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
  faa_callbacks.pasted(text);
  free(text);
  return 0;
}

static int on_clear(int count, int key) {
  (void)count, (void)key;
  fputs("\033[H\033[2J", rl_outstream);
  faa_display_forget();
  faa_display_draw();
  return 0;
}

// ---- Interrupts ----------------------------------------------------------------------------------------------------

// Drops what was typed, which the history remembers, and shows a new prompt.
static void drop_draft(void) {
  faa_visits_adopt();
  char *text = strdup(rl_line_buffer);
  // Draws the entry a last time.
  rl_free_line_state();
  faa_display_finish();
  fputs("^C", rl_outstream);
  rl_replace_line("", 1);
  if (rl_editing_mode == 0) rl_vi_insertion_mode(1, 'i');
  if (text && text[strspn(text, " \t\n")]) faa_line_remember(text);
  free(text);
  faa_visits_begin();
  rl_crlf();
  faa_display_draw();
}

void faa_line_interrupt(void) {
  if (faa_search_is_active()) {
    faa_search_cancel();
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

// What a key does that is not bound.
static int on_nothing(int count, int key) {
  (void)count, (void)key;
  faa_input_drop_character();
  return 0;
}

// ---- The editor ----------------------------------------------------------------------------------------------------

static void on_entry(char *entry) {
  // What was typed ahead may not have been drawn yet.
  if (entry || faa_display_is_shown()) {
    faa_display_finish();
    rl_crlf();
    fflush(rl_outstream);
  }
  faa_line_end();
  faa_callbacks.accepted(entry);
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

// What stands in for a function of readline wherever a key is bound to it, by readline or by the user. To abort, readline jumps to
// where a key was read, which after some keys of several bytes is a frame that is gone: its own abort, keyboard macros, and keys that
// are not bound. Its completion knows file names alone; search.c says what is wrong with its searches. What accepts an entry asks whether it
// is complete.
static const struct {
  rl_command_func_t *theirs, *ours;
} replacements[] = {
    {rl_abort, on_nothing},
    {rl_newline, on_enter},
    {rl_operate_and_get_next, on_nothing},
    {rl_bracketed_paste_begin, on_paste},
    {rl_complete, on_tab},
    {rl_possible_completions, on_tab},
    {rl_insert_completions, on_tab},
    {rl_menu_complete, on_tab},
    {rl_vi_complete, on_tab},
    {rl_get_previous_history, on_up},
    {rl_history_search_backward, on_up},
    {rl_get_next_history, on_down},
    {rl_history_search_forward, on_down},
    {rl_beginning_of_history, on_oldest},
    {rl_end_of_history, on_newest},
    {rl_beg_of_line, on_home},
    {rl_end_of_line, on_end},
    {rl_forward_char, on_right},
    {rl_backward_char, on_left},
    {rl_delete, on_delete},
    {rl_rubout, on_backspace},
    {rl_vi_delete, on_vi_delete},
    {rl_yank, on_yank},
    {rl_yank_pop, on_yank_pop},
    {rl_vi_put, on_vi_put},
    {rl_clear_screen, on_clear},
    {rl_clear_display, on_clear},
    {rl_refresh_line, on_clear},
    {rl_start_kbd_macro, on_nothing},
    {rl_end_kbd_macro, on_nothing},
    {rl_call_last_kbd_macro, on_nothing},
    {rl_print_last_kbd_macro, on_nothing},
    {rl_reverse_search_history, faa_search_backward},
    {rl_forward_search_history, faa_search_forward},
    {rl_noninc_reverse_search, faa_search_quietly_backward},
    {rl_noninc_forward_search, faa_search_quietly_forward},
    {rl_noninc_reverse_search_again, faa_search_again_backward},
    {rl_noninc_forward_search_again, faa_search_again_forward},
    {rl_vi_search, faa_search_vi},
    {rl_vi_search_again, faa_search_vi_again},
    {rl_re_read_init_file, on_nothing},
    {rl_restart_output, on_nothing},
    {rl_stop_output, on_nothing},
};

static rl_command_func_t *replacement(rl_command_func_t *function) {
  for (size_t i = 0; i < sizeof replacements / sizeof *replacements; ++i) {
    if (function == replacements[i].theirs) return replacements[i].ours;
  }
  return function;
}

static void replace_functions(Keymap map) {
  // Behind a key that alone does something, such as vi's Escape, what is not bound is that key and another one.
  rl_command_func_t *unbound = map[ANYOTHERKEY].function ? NULL : on_nothing;
  for (int key = 0; key < ANYOTHERKEY; ++key) {
    if (map[key].type == ISKMAP) replace_functions((Keymap)(void *)map[key].function);
    if (map[key].type == ISFUNC) map[key].function = map[key].function ? replacement(map[key].function) : unbound;
  }
}

static void bind(const char *const *keys, rl_command_func_t *function) {
  const Keymap maps[] = {emacs_standard_keymap, vi_insertion_keymap, vi_movement_keymap};
  for (; *keys; ++keys) {
    for (int i = 0; i < 3; ++i) rl_bind_keyseq_in_map(*keys, function, maps[i]);
  }
}

static void bind_keys(void) {
  bind((const char *[]){"\\C-c", "\\e\\C-c", NULL}, on_interrupt);
  bind((const char *[]){"\\e[200~", NULL}, on_paste);
  bind((const char *[]){"\\e[A", "\\eOA", "\\C-p", NULL}, on_up);
  bind((const char *[]){"\\e[B", "\\eOB", "\\C-n", NULL}, on_down);
  bind((const char *[]){"\\e[C", "\\eOC", NULL}, on_right);
  bind((const char *[]){"\\e[D", "\\eOD", NULL}, on_left);
  bind((const char *[]){"\\e[3~", NULL}, on_delete);
  bind((const char *[]){"\\e[H", "\\eOH", "\\e[1~", NULL}, on_home);
  bind((const char *[]){"\\e[F", "\\eOF", "\\e[4~", NULL}, on_end);
  const Keymap typing[] = {emacs_standard_keymap, vi_insertion_keymap};
  for (int i = 0; i < 2; ++i) {
    rl_bind_keyseq_in_map("\\e\\C-m", on_alt_enter, typing[i]);
    rl_bind_keyseq_in_map("\\e\\C-j", on_alt_enter, typing[i]);
    rl_bind_keyseq_in_map("\\t", on_tab, typing[i]);
    // Readline has vi's insertion take it as text.
    rl_bind_keyseq_in_map("\\C-l", on_clear, typing[i]);
    for (const char *bracket = "})]"; *bracket; ++bracket) rl_bind_key_in_map(*bracket, on_closing, typing[i]);
    replace_functions(typing[i]);
  }
  replace_functions(vi_movement_keymap);
}

const char *faa_line_version(void) { return rl_library_version; }

void faa_line_setup(faa_line_callbacks given) {
  faa_callbacks = given;
  // Readline counts columns with the C library's idea of characters.
  if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");

  rl_readline_name = "faa";
  rl_catch_signals = 0;
  rl_catch_sigwinch = 0;
  rl_initialize();
  rl_getc_function = faa_input_next;
  rl_redisplay_function = faa_display_redisplay;
  rl_prep_term_function = take_terminal;
  rl_deprep_term_function = release_terminal;
  prepare_ring();
  rl_variable_bind("enable-bracketed-paste", "on");
  rl_variable_bind("horizontal-scroll-mode", "off");
  rl_variable_bind("bell-style", "none");
  // The terminal's own erase key would get readline's function at every prompt.
  rl_variable_bind("bind-tty-special-chars", "off");
  using_history();

  bind_keys();
}

void faa_line_begin(const char *prompt) {
  faa_signals_editing(true);
  faa_display_take_size();
  faa_display_forget();
  faa_visits_begin();
  rl_callback_handler_install(prompt, on_entry);
  is_installed = true;
}

void faa_line_end(void) {
  faa_search_end();
  is_installed = false;
  rl_callback_handler_remove();
  faa_display_forget();
  faa_signals_editing(false);
}

bool faa_line_has_input(void) { return faa_input_is_pending(); }

static void read_key(void) {
  rl_callback_read_char();
  if (is_installed) faa_visits_adopt();
}

void faa_line_read(void) {
  do {
    int key = faa_input_hold();
    if (key == INTERRUPT) {
      faa_input_set_held(-1);
      faa_line_interrupt();
      continue;
    }
    if (faa_search_is_active() && faa_search_take(key)) continue;
    read_key();
  } while (is_installed && faa_input_is_pending());
  if (is_installed) faa_display_catch_up();
}

void faa_line_suspend(void) {
  faa_display_leave();
  fflush(rl_outstream);
  release_terminal();
  faa_terminal_stop();
  take_terminal(1);
  faa_display_take_size();
  faa_display_draw();
}

void faa_line_resize(void) {
  if (is_installed) faa_display_resize();
  else faa_display_take_size();
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
  faa_display_leave();
  fputs(text, rl_outstream);
  rl_crlf();
  faa_display_draw();
}
