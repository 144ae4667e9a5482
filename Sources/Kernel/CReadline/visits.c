// Moving through the history. Readline keeps the edits of an entry that is visited, and their undo list, in the entry itself; the
// sharing of those lists is where it frees memory twice. So here the edits are kept beside the history, readline itself always
// stands at its end, and where one of its functions has moved it, faa_visits_adopt takes over.
#include "Editor.h"

#include <stdlib.h>
#include <string.h>

// What entries have been edited to; the last one is the draft.
static char **edited;
static int edited_count;
// The entry that is shown; history_length for the draft.
static int at;
// What the last visit showed and where it left the cursor, and how the text begins that visits look for; none when they look for none.
static char *shown;
static int shown_point;
static char *prefix;

static void set(char **place, const char *text) {
  free(*place);
  *place = text ? strdup(text) : NULL;
}

void faa_visits_begin(void) {
  for (int i = 0; i < edited_count; ++i) free(edited[i]);
  free(edited);
  edited = NULL;
  edited_count = 0;
  set(&shown, NULL);
  set(&prefix, NULL);
  using_history();
  at = history_length;
}

static const char *entry(int index) {
  if (index < edited_count && edited[index]) return edited[index];
  HIST_ENTRY *found = index < history_length ? history_get(history_base + index) : NULL;
  return found ? found->line : "";
}

// Keeps what the entry that is left has been edited to.
static void keep(void) {
  if (strcmp(entry(at), rl_line_buffer) == 0) return;
  if (!edited) {
    edited = calloc((size_t)history_length + 1, sizeof *edited);
    if (!edited) return;
    edited_count = history_length + 1;
  }
  if (at < edited_count) set(&edited[at], rl_line_buffer);
}

static void show(int index) {
  keep();
  at = index;
  rl_replace_line(entry(index), 1);
  // Of an entry of several lines found by its beginning, the first line is where the next step starts.
  rl_point = prefix && at < history_length && strchr(rl_line_buffer, '\n') ? (int)strlen(prefix) : rl_end;
  set(&shown, rl_line_buffer);
  shown_point = rl_point;
}

int faa_visits_place(void) { return at; }

void faa_visits_show(int place, int point) {
  set(&prefix, NULL);
  if (place != at) show(place);
  rl_point = point < rl_end ? point : rl_end;
  shown_point = rl_point;
}

// Where an entry holds a text: the last place for who looks backwards, the first one for who looks forwards, or -1.
static int occurrence(const char *line, const char *text, bool is_anchored, int direction) {
  if (is_anchored && *text == '^') return strncmp(line, text + 1, strlen(text + 1)) == 0 ? 0 : -1;
  const char *found = strstr(line, text);
  for (const char *next = found; direction < 0 && next; next = strstr(next + 1, text)) found = next;
  return found ? (int)(found - line) : -1;
}

bool faa_visits_find(const char *text, bool is_anchored, int direction, bool includes_current) {
  for (int index = includes_current ? at : at + direction; index >= 0 && index <= history_length; index += direction) {
    const char *line = index == at ? rl_line_buffer : entry(index);
    if (!includes_current && strcmp(line, rl_line_buffer) == 0) continue;
    int point = occurrence(line, text, is_anchored, direction);
    if (point < 0) continue;
    faa_visits_show(index, point);
    return true;
  }
  return false;
}

void faa_visits_adopt(void) {
  if (where_history() == history_length) return;
  int found = where_history(), point = rl_point;
  char *text = strdup(rl_line_buffer);
  rl_free_undo_list();
  // The line before the search.
  rl_maybe_unsave_line();
  using_history();
  keep();
  at = found;
  if (text) rl_replace_line(text, 1);
  rl_point = point < rl_end ? point : rl_end;
  set(&shown, text);
  set(&prefix, NULL);
  shown_point = rl_point;
  free(text);
}

void faa_visits_step(int direction) {
  faa_visits_adopt();
  bool goes_on = shown && rl_point == shown_point && strcmp(shown, rl_line_buffer) == 0;
  if (!goes_on) set(&prefix, rl_point > 0 && rl_point == rl_end && at == history_length ? rl_line_buffer : NULL);
  for (int index = at + direction; index >= 0 && index <= history_length; index += direction) {
    const char *text = entry(index);
    bool begins = !prefix || (strncmp(text, prefix, strlen(prefix)) == 0 && strcmp(text, rl_line_buffer) != 0);
    if (index < history_length && !begins) continue;
    show(index);
    return;
  }
}

void faa_visits_go_to_end(int direction) {
  faa_visits_adopt();
  set(&prefix, NULL);
  if (history_length > 0) show(direction < 0 ? 0 : history_length);
}

void faa_line_remember(const char *text) {
  HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
  if (!last || strcmp(last->line, text) != 0) add_history(text);
  using_history();
}
