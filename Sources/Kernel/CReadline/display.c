// Draws prompt and entry in place of readline, which counts a column or two for every character: a family of emoji joined to one
// takes six there and two on most terminals, and its cursor is lost. Terminals do not agree on such clusters either. So a line
// that has one is broken where it surely fits, and the cursor is put into it by writing the line once more up to the cursor.
#define _GNU_SOURCE
#include "Editor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wchar.h>

typedef struct {
  // What is written, and the columns it takes.
  char *text;
  size_t length, capacity;
  int width;
  // The next row belongs to the same line, and the terminal may know it.
  bool continues;
  // The terminal may disagree on the width.
  bool is_uncertain;
} row;

typedef struct {
  row *rows;
  int count, capacity;
  // The cursor: its row, its column, and the bytes of the row before it.
  int cursor_row, cursor_column;
  size_t cursor_length;
} picture;

static int columns = 80, height = 24;
// What is on the screen: those rows of the entry that the window has room for.
static picture shown;
// The first row of the entry in the window.
static int top;
static bool is_shown, is_stale;

// ---- Pictures

static void release(picture *p) {
  for (int i = 0; i < p->count; ++i) free(p->rows[i].text);
  free(p->rows);
  memset(p, 0, sizeof *p);
}

static row *add_row(picture *p) {
  if (p->count == p->capacity) {
    int capacity = p->capacity ? 2 * p->capacity : 32;
    row *larger = realloc(p->rows, (size_t)capacity * sizeof *larger);
    if (!larger) abort();
    p->rows = larger;
    p->capacity = capacity;
  }
  row *added = &p->rows[p->count++];
  memset(added, 0, sizeof *added);
  return added;
}

static void append(row *r, const char *text, size_t count) {
  if (r->length + count > r->capacity) {
    r->capacity = 2 * (r->length + count) + 32;
    char *larger = realloc(r->text, r->capacity);
    if (!larger) abort();
    r->text = larger;
  }
  memcpy(r->text + r->length, text, count);
  r->length += count;
}

// The most columns a terminal may take for a cluster, and whether terminals disagree on it; -1 for what cannot be shown.
static int cluster_width(const char *text, size_t count, bool *is_uncertain) {
  mbstate_t state;
  memset(&state, 0, sizeof state);
  int width = 0, parts = 0;
  for (size_t at = 0; at < count;) {
    wchar_t character;
    size_t length = mbrtowc(&character, text + at, count - at, &state);
    if (length == 0 || length > count - at) return -1;
    int own = wcwidth(character);
    if (own < 0) return -1;
    // The variation selectors make a character a picture or a letter, the joiner makes one of several.
    if ((parts > 0 && own > 0) || character == 0x200D || (character >= 0xFE00 && character <= 0xFE0F)) *is_uncertain = true;
    width += own;
    ++parts;
    at += length;
  }
  // A letter shown as a picture takes two columns.
  return *is_uncertain && width < 2 ? 2 : width;
}

// Adds a text that takes some columns where there is room for it.
static void place(picture *p, const char *text, size_t count, int width, bool is_uncertain) {
  row *r = &p->rows[p->count - 1];
  if (width > columns) text = "?", count = 1, width = 1;
  if (r->width + width > columns) {
    r->continues = true;
    r = add_row(p);
  }
  append(r, text, count);
  r->width += width;
  r->is_uncertain |= is_uncertain;
}

static void place_cursor(picture *p, int width) {
  row *r = &p->rows[p->count - 1];
  if (r->width + width > columns) {
    r->continues = true;
    r = add_row(p);
  }
  p->cursor_row = p->count - 1;
  p->cursor_column = r->width;
  p->cursor_length = r->length;
}

// Rows of a line that holds an uncertain cluster are broken by us.
static void end_line(picture *p, int first) {
  bool is_uncertain = false;
  for (int i = first; i < p->count; ++i) is_uncertain |= p->rows[i].is_uncertain;
  for (int i = first; i < p->count && is_uncertain; ++i) p->rows[i].continues = false;
}

static int draw_prompt(picture *p, const char *prompt) {
  int first = 0;
  bool takes_columns = true;
  for (; *prompt; ++prompt) {
    if (*prompt == RL_PROMPT_START_IGNORE || *prompt == RL_PROMPT_END_IGNORE) {
      takes_columns = *prompt == RL_PROMPT_END_IGNORE;
    } else if (!takes_columns) {
      append(&p->rows[p->count - 1], prompt, 1);
    } else if (*prompt == '\n') {
      end_line(p, first);
      first = p->count;
      add_row(p);
    } else {
      size_t count = 1;
      while (((unsigned char)prompt[count] & 0xC0) == 0x80) ++count;
      bool is_uncertain = false;
      int width = cluster_width(prompt, count, &is_uncertain);
      if (width < 0) place(p, "?", 1, 1, false);
      else place(p, prompt, count, width, is_uncertain);
      prompt += count - 1;
    }
  }
  return first;
}

static picture picture_of_entry(int cursor) {
  picture p;
  memset(&p, 0, sizeof p);
  add_row(&p);
  int first = draw_prompt(&p, rl_display_prompt ? rl_display_prompt : "");
  for (int at = 0, next; at < rl_end; at = next) {
    unsigned char byte = (unsigned char)rl_line_buffer[at];
    next = faa_text_cluster_end(at);
    char text[8];
    const char *shape = rl_line_buffer + at;
    size_t count = (size_t)(next - at);
    int width = 1;
    bool is_uncertain = false;
    if (byte == '\n') {
      if (at == cursor) place_cursor(&p, p.rows[p.count - 1].width < columns);
      end_line(&p, first);
      first = p.count;
      add_row(&p);
      continue;
    }
    if (byte == '\t') {
      int column = p.rows[p.count - 1].width;
      width = 8 - column % 8;
      if (column < columns && width > columns - column) width = columns - column;
      if (width > columns) width = columns;
      memset(text, ' ', sizeof text);
      shape = text, count = (size_t)width;
    } else if (byte < 32 || byte == 127) {
      text[0] = '^', text[1] = (char)(byte ^ 64);
      shape = text, count = 2, width = 2;
    } else if (byte >= 128) {
      width = cluster_width(shape, count, &is_uncertain);
      if (width < 0) shape = "\xEF\xBF\xBD", count = 3, width = 1;
    }
    if (cursor >= at && cursor < next) place_cursor(&p, width > columns ? 1 : width);
    place(&p, shape, count, width, is_uncertain);
  }
  if (cursor >= rl_end) place_cursor(&p, 1);
  end_line(&p, first);
  return p;
}

// ---- Drawing

static void move(int rows) {
  if (rows > 0) fprintf(rl_outstream, "\033[%dB", rows);
  if (rows < 0) fprintf(rl_outstream, "\033[%dA", -rows);
}

static bool is_same(const row *a, const row *b) {
  return a->length == b->length && a->continues == b->continues && (a->length == 0 || memcmp(a->text, b->text, a->length) == 0);
}

// Writes the rows that are not on the screen yet, from the cursor's row on, where `shown` has its cursor.
static void write_rows(const picture *p, int first, int count) {
  if (is_shown) move(-shown.cursor_row);
  putc('\r', rl_outstream);
  int drawn = is_shown ? shown.count : 0;
  if (!is_shown) fputs("\033[J", rl_outstream);
  // Whether the row above was written just now and runs on into this one.
  bool runs_on = false;
  for (int i = 0; i < count; ++i) {
    const row *r = &p->rows[first + i];
    bool is_last = i + 1 == count;
    if (i < drawn && is_same(r, &shown.rows[i]) && !runs_on) {
      if (!is_last) fputs("\r\n", rl_outstream);
      continue;
    }
    if (r->length) fwrite(r->text, 1, r->length, rl_outstream);
    // An empty row that a full one runs on into begins with its first character: a blank.
    else if (runs_on) fputs(" \r", rl_outstream);
    if (r->width < columns) fputs("\033[K", rl_outstream);
    runs_on = r->continues && !is_last;
    if (!runs_on && !is_last) fputs("\r\n", rl_outstream);
  }
  int at = count - 1;
  if (drawn > count) {
    fputs("\r\n\033[J", rl_outstream);
    ++at;
  }
  move(p->cursor_row - first - at);
  putc('\r', rl_outstream);
  const row *line = &p->rows[p->cursor_row];
  if (line->is_uncertain) fwrite(line->text, 1, p->cursor_length, rl_outstream);
  else if (p->cursor_column > 0) fprintf(rl_outstream, "\033[%dC", p->cursor_column);
  fflush(rl_outstream);
}

// Keeps of a picture what is on the screen.
static void keep(picture *p, int first, int count) {
  release(&shown);
  for (int i = 0; i < p->count; ++i) {
    if (i < first || i >= first + count) free(p->rows[i].text);
  }
  memmove(p->rows, p->rows + first, (size_t)count * sizeof *p->rows);
  p->count = count;
  p->cursor_row -= first;
  shown = *p;
  is_shown = true;
}

void faa_display_draw(void) {
  is_stale = false;
  picture p = picture_of_entry(rl_point);
  // An entry longer than the window shows the rows around the cursor.
  int count = p.count < height ? p.count : height;
  if (top > p.cursor_row) top = p.cursor_row;
  if (top < p.cursor_row - count + 1) top = p.cursor_row - count + 1;
  if (top > p.count - count) top = p.count - count;
  write_rows(&p, top, count);
  keep(&p, top, count);
}

void faa_display_redisplay(void) {
  faa_text_settle();
  is_stale = true;
  if (!faa_input_is_pending() && !faa_input_comes(0)) faa_display_draw();
}

void faa_display_catch_up(void) {
  if (is_stale && !faa_input_comes(0)) faa_display_draw();
}

void faa_display_forget(void) {
  release(&shown);
  is_shown = is_stale = false;
  top = 0;
}

bool faa_display_is_shown(void) { return is_shown; }

void faa_display_finish(void) {
  picture p = picture_of_entry(rl_end);
  // Rows that had no room scroll by.
  write_rows(&p, 0, p.count);
  release(&p);
  faa_display_forget();
}

void faa_display_leave(void) {
  if (is_shown) move(shown.count - 1 - shown.cursor_row);
  rl_crlf();
  faa_display_forget();
}

// ---- The window

// Columns as readline may know them: with fewer it divides by zero.
enum { LEAST_COLUMNS = 4 };

void faa_display_take_size(void) {
  struct winsize size;
  if (ioctl(fileno(rl_outstream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    size.ws_col = 80, size.ws_row = 24;
  columns = size.ws_col, height = size.ws_row;
  rl_set_screen_size(height, columns < LEAST_COLUMNS ? LEAST_COLUMNS : columns);
}

// How many rows the cursor stands below the first one, after a terminal of another width has broken the lines anew.
static int rows_above_cursor(void) {
  int rows = 0, width = 0;
  for (int i = 0; i < shown.cursor_row; ++i) {
    width += shown.rows[i].width;
    if (shown.rows[i].continues) continue;
    rows += width > columns ? (width + columns - 1) / columns : 1;
    width = 0;
  }
  return rows + (width + shown.cursor_column) / columns;
}

void faa_display_resize(void) {
  faa_display_take_size();
  if (!is_shown) return;
  // The old xterm cuts lines off.
  move(-(getenv("XTERM_VERSION") ? shown.cursor_row : rows_above_cursor()));
  faa_display_forget();
  faa_display_draw();
}
