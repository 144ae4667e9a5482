// What the files of the editor share. Positions in the entry are bytes of rl_line_buffer.
#pragma once

#include "CReadline.h"

#include <stdio.h>

#include <readline/history.h>
#include <readline/readline.h>

extern faa_line_callbacks faa_callbacks;

// ---- Input: bytes as they come, made well-formed.

/// The next byte of well-formed UTF-8, for readline.
int faa_input_next(FILE *stream);
/// Reads a byte unless one is held, and holds it to be looked at; -1 in the midst of a character and at the end of input.
int faa_input_hold(void);
/// Replaces the byte that is held; -1 drops it.
void faa_input_set_held(int byte);
/// Drops what is left of a character of several bytes.
void faa_input_drop_character(void);
/// Whether input was read that nobody has taken.
bool faa_input_is_pending(void);
/// Whether input comes within some milliseconds.
bool faa_input_comes(int milliseconds);
/// Seconds between the last two bytes.
double faa_input_gap(void);

// ---- Text: lines of an entry, and clusters: what a reader takes for one character.

int faa_text_line_start(int at);
int faa_text_line_end(int at);
bool faa_text_continues_character(int at);
/// The end of the cluster that begins at `at`, and the start of the one that ends there.
int faa_text_cluster_end(int at);
int faa_text_cluster_start(int at);
/// Leaves no cursor inside a cluster: it goes on in the direction it came from.
void faa_text_settle(void);

// ---- Display: prompt and entry on the screen.

/// For readline. While more input waits nothing is drawn.
void faa_display_redisplay(void);
/// Draws what was put off.
void faa_display_catch_up(void);
void faa_display_draw(void);
/// The cursor stands at the start of a row and nothing is drawn below it.
void faa_display_forget(void);
/// Draws the whole entry, however long, and leaves the cursor at its end.
void faa_display_finish(void);
/// Puts the cursor at the start of the row below the entry.
void faa_display_leave(void);
bool faa_display_is_shown(void);
void faa_display_take_size(void);
/// Draws anew after the window has changed its size.
void faa_display_resize(void);

// ---- Visits: the entries of the history that the user goes to.

/// Begins a new entry: the next visit starts from here.
void faa_visits_begin(void);
/// Takes over from readline, which has moved in the history.
void faa_visits_adopt(void);
/// The entry that is shown, and showing one again with the cursor there.
int faa_visits_place(void);
void faa_visits_show(int place, int point);
/// Shows the nearest entry in a direction that holds a text, with the cursor there: the entry that is shown or another one, which then
/// differs from it. Where `is_anchored`, a text that begins with ^ has to begin the entry. False where there is none.
bool faa_visits_find(const char *text, bool is_anchored, int direction, bool includes_current);
/// One step in a direction: -1 to older entries, 1 to newer ones.
void faa_visits_step(int direction);
void faa_visits_go_to_end(int direction);

// ---- Search: the history, for a text.

bool faa_search_is_active(void);
/// Handles the key whose first byte is held. False where the key ended the search and is still to be handled.
bool faa_search_take(int key);
/// Leaves what is found in the line.
void faa_search_end(void);
/// Comes back to where the search began.
void faa_search_cancel(void);
/// The keys: searches that Enter ends and runs, those that it only ends (vi's, and readline's not incremental ones), and the next one
/// of the last search.
int faa_search_backward(int count, int key);
int faa_search_forward(int count, int key);
int faa_search_quietly_backward(int count, int key);
int faa_search_quietly_forward(int count, int key);
int faa_search_vi(int count, int key);
int faa_search_vi_again(int count, int key);
int faa_search_again_backward(int count, int key);
int faa_search_again_forward(int count, int key);
