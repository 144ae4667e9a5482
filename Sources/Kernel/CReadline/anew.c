// A process that leaves its own past behind: a copy of it writes down what is to be kept, and the program starts again in its place.
#define _GNU_SOURCE
#include "CReadline.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int wait_for(pid_t process) {
  int status;
  while (waitpid(process, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return status;
}

bool faa_run_in_copy(bool (*body)(void *), void *context, unsigned seconds) {
  pid_t copy = fork();
  if (copy < 0) return false;
  if (copy == 0) {
    for (int number = 1; number < SIGRTMIN; ++number) signal(number, SIG_DFL);
    signal(SIGINT, SIG_IGN);
    signal(SIGTSTP, SIG_IGN);
    // A lock that another thread held at the moment of copying is never released here.
    alarm(seconds);
    _exit(body(context) ? 0 : 1);
  }
  return wait_for(copy) == 0;
}

// Programs that draw for this one wait for orders which never come.
static void end_children(void) {
  DIR *tasks = opendir("/proc/self/task");
  if (!tasks) return;
  for (struct dirent *task; (task = readdir(tasks));) {
    char path[300];
    snprintf(path, sizeof path, "/proc/self/task/%s/children", task->d_name);
    FILE *children = fopen(path, "re");
    if (!children) continue;
    for (int child; fscanf(children, "%d", &child) == 1;) {
      kill(child, SIGKILL);
      wait_for(child);
    }
    fclose(children);
  }
  closedir(tasks);
}

void faa_start_anew(char *const *arguments) {
  end_children();
  faa_terminal_give_back();
  // What is ignored stays ignored: a Ctrl-C before the new program listens is not its end.
  struct sigaction ignored = {.sa_handler = SIG_IGN}, before;
  sigaction(SIGINT, &ignored, &before);
  execv("/proc/self/exe", arguments);
  sigaction(SIGINT, &before, NULL);
  faa_terminal_take();
}
