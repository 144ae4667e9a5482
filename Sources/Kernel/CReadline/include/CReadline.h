// GNU Readline and the terminal's signals behind a few functions. Readline is a set of C globals that belong to one
// thread, so there is one editor to a process, and everything here but the signal bits is for the main thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// What the editor asks its owner.
typedef struct {
  /// An accepted entry, or NULL at the end of input. The text is only borrowed.
  void (*_Nonnull accepted)(const char *_Nullable entry);
  /// Whether the text can be run. When it cannot, `*indent` receives the spaces that begin its next line.
  bool (*_Nonnull is_complete)(const char *_Nonnull text, int *_Nonnull indent);
  /// The Tab key.
  void (*_Nonnull complete)(void);
  /// A paste, with line feeds for line ends. The text is only borrowed; what is to be kept of it is inserted by
  /// faa_line_replace.
  void (*_Nonnull pasted)(const char *_Nonnull text);
  /// The bytes of the cluster that a text of so many bytes begins with: what a reader takes for one character.
  size_t (*_Nonnull cluster)(const char *_Nonnull text, size_t count);
} faa_line_callbacks;

/// Readline's own version, such as "8.2".
const char *_Nonnull faa_line_version(void);

/// Prepares the editor: locale, key bindings, bracketed paste.
void faa_line_setup(faa_line_callbacks callbacks);

/// Shows the prompt and takes over the terminal until an entry is accepted. Characters between \001 and \002 in the
/// prompt take no columns.
void faa_line_begin(const char *_Nonnull prompt);

/// Gives the terminal back, wherever the editor was.
void faa_line_end(void);

/// Whether input waits that no descriptor tells of.
bool faa_line_has_input(void);

/// Handles the input that is there. Call when standard input is readable or faa_line_has_input.
void faa_line_read(void);

/// What Ctrl-C does: ends a search of the history alone, else drops what was typed, which the history remembers, and shows a new
/// prompt.
void faa_line_interrupt(void);

/// Stops the process as Ctrl-Z does and redraws the prompt when it goes on.
void faa_line_suspend(void);

/// Adapts to the window's size, as after a change of it.
void faa_line_resize(void);

/// Feeds bytes to the editor as if they had been typed.
void faa_line_type(const char *_Nonnull bytes, size_t count);

/// The text being edited and the cursor in it, in bytes.
const char *_Nonnull faa_line_text(void);
size_t faa_line_cursor(void);

/// Replaces a range of bytes and puts the cursor behind the new text, as one step to undo.
void faa_line_replace(size_t start, size_t end, const char *_Nonnull text);

/// Writes text below the entry and redraws prompt and entry under it.
void faa_line_show_below(const char *_Nonnull text);

/// Adds an entry to the history that the arrow keys visit. Consecutive duplicates are collapsed.
void faa_line_remember(const char *_Nonnull entry);

/// The bits of faa_signals_take.
enum {
  FAA_SIGNAL_INTERRUPT = 1,
  FAA_SIGNAL_SUSPEND = 2,
  FAA_SIGNAL_RESUMED = 4,
  FAA_SIGNAL_RESIZED = 8,
  FAA_SIGNAL_TERMINATE = 16,
  FAA_SIGNAL_HANGUP = 32
};

/// Catches the terminal's signals. `interrupt` is called in the handler of SIGINT, SIGTERM and SIGHUP and must be safe
/// there. Crashes and SIGQUIT first restore the terminal.
void faa_signals_install(void (*_Nonnull interrupt)(void));

/// Says whether a line is edited. Then Ctrl-C is a key, and a stop waits for faa_signals_take.
void faa_signals_editing(bool editing);

/// Takes the terminal for a conversation: what is typed while something runs waits unseen for the next prompt, which shows it. A
/// crash and a stop give the terminal back.
void faa_terminal_take(void);

/// Gives the terminal back as it was at faa_signals_install.
void faa_terminal_give_back(void);

/// Gives the terminal back and stops the process, and takes the terminal again when it goes on.
void faa_terminal_stop(void);

/// Becomes readable when a signal arrives.
int faa_signals_descriptor(void);

/// The signals that arrived since the last call.
unsigned faa_signals_take(void);

/// Gets a byte for every Ctrl-C that comes while no line is edited.
int faa_presses_descriptor(void);

/// Runs `body` in a copy of the process as it is at this moment, which has this thread alone, and waits for it. The copy cannot be
/// interrupted from the terminal and ends after so many seconds. Returns whether `body` returned true.
bool faa_run_in_copy(bool (*_Nonnull body)(void *_Nullable), void *_Nullable context, unsigned seconds);

/// Ends the process with all its threads and children, and starts this program in its place, which keeps the terminal and the
/// descriptors that may be inherited. Returns only where that is not possible.
void faa_start_anew(char *_Nullable const *_Nonnull arguments);
