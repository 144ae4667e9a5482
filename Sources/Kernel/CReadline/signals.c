#define _GNU_SOURCE
#include "CReadline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static void (*on_interrupt)(void);
static volatile sig_atomic_t pending[6];
static volatile sig_atomic_t is_editing;
// The kernel may deliver a signal to any thread, so a wait for input also waits for this pipe.
static int wake[2] = {-1, -1};
// A byte for every Ctrl-C while something runs, for whoever watches over that.
static int presses[2] = {-1, -1};
static struct termios original, running;
static bool has_original;
// Whether the terminal's settings are not the original ones.
static volatile sig_atomic_t is_taken;

static const struct {
  int number;
  int index;
} caught[] = {
    {SIGINT, 0}, {SIGTSTP, 1}, {SIGCONT, 2}, {SIGWINCH, 3}, {SIGTERM, 4}, {SIGHUP, 5},
};

static const int fatal[] = {SIGQUIT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};

static void note(int end) {
  if (write(end, "", 1) < 0) {
    // The pipe is full of wake-ups already.
  }
}

static void handle(int number) {
  int saved = errno;
  for (size_t i = 0; i < sizeof caught / sizeof *caught; ++i)
    if (caught[i].number == number) pending[caught[i].index] = 1;
  if (number == SIGINT || number == SIGTERM || number == SIGHUP) on_interrupt();
  if (number == SIGINT && !is_editing) note(presses[1]);
  // At the prompt the loop suspends after giving the terminal back; during a run there is nothing to give back.
  if (number == SIGTSTP && !is_editing) {
    pending[1] = 0;
    faa_terminal_stop();
  }
  note(wake[1]);
  errno = saved;
}

static void crash(int number) {
  if (has_original && is_editing) {
    static const char off[] = "\033[?2004l\n";
    if (write(STDOUT_FILENO, off, sizeof off - 1) < 0) {
      // Nothing can be done about it here.
    }
  }
  if (has_original && (is_editing || is_taken)) tcsetattr(STDIN_FILENO, TCSANOW, &original);
  // SA_RESETHAND has restored the default action, which runs when this handler returns.
  raise(number);
}

void faa_signals_editing(bool editing) { is_editing = editing; }

void faa_terminal_take(void) {
  if (!has_original) return;
  running = original;
  running.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  running.c_cc[VMIN] = 1;
  running.c_cc[VTIME] = 0;
  is_taken = tcsetattr(STDIN_FILENO, TCSANOW, &running) == 0;
}

void faa_terminal_give_back(void) {
  if (is_taken) tcsetattr(STDIN_FILENO, TCSANOW, &original);
  is_taken = false;
}

void faa_terminal_stop(void) {
  bool was_taken = is_taken;
  faa_terminal_give_back();
  // Sent to the process, the signal may go to another thread, and this one would take the terminal back before it stops.
  raise(SIGSTOP);
  if (was_taken) is_taken = tcsetattr(STDIN_FILENO, TCSANOW, &running) == 0;
}

static void open_pipe(int ends[2]) {
  if (ends[0] < 0 && pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) ends[0] = ends[1] = -1;
}

void faa_signals_install(void (*interrupt)(void)) {
  on_interrupt = interrupt;
  open_pipe(wake);
  open_pipe(presses);
  has_original = tcgetattr(STDIN_FILENO, &original) == 0;
  // Matrix kernels may keep numbers below the stack pointer, where a handler would write: handlers have a stack of their own.
  static char room[1 << 17];
  stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
  sigaltstack(&stack, NULL);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handle;
  action.sa_flags = SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof caught / sizeof *caught; ++i) sigaction(caught[i].number, &action, NULL);
  action.sa_handler = crash;
  action.sa_flags = SA_RESETHAND | SA_ONSTACK;
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; ++i) sigaction(fatal[i], &action, NULL);
}

int faa_signals_descriptor(void) { return wake[0]; }

int faa_presses_descriptor(void) { return presses[0]; }

unsigned faa_signals_take(void) {
  char discarded[64];
  while (read(wake[0], discarded, sizeof discarded) > 0) {
  }
  unsigned bits = 0;
  for (unsigned i = 0; i < 6; ++i) {
    if (!pending[i]) continue;
    pending[i] = 0;
    bits |= 1u << i;
  }
  return bits;
}
