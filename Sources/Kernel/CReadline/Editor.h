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
/// Reads a byte unless one is held, and holds it to be looked at.
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
/// One step in a direction: -1 to older entries, 1 to newer ones.
void faa_visits_step(int direction);
void faa_visits_go_to_end(int direction);
