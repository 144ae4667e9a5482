// Readline draws line ends inside its buffer, but knows nothing of lines; and of characters that join it knows only marks.
#include "Editor.h"

int faa_text_line_start(int at) {
  while (at > 0 && rl_line_buffer[at - 1] != '\n') --at;
  return at;
}

int faa_text_line_end(int at) {
  while (at < rl_end && rl_line_buffer[at] != '\n') ++at;
  return at;
}

bool faa_text_continues_character(int at) { return at < rl_end && ((unsigned char)rl_line_buffer[at] & 0xC0) == 0x80; }

static bool is_ascii(int at) { return at >= rl_end || (unsigned char)rl_line_buffer[at] < 0x80; }

int faa_text_cluster_end(int at) {
  if (at >= rl_end) return rl_end;
  int end = at + 1;
  if (!is_ascii(at) || !is_ascii(end)) {
    end = at + (int)faa_callbacks.cluster(rl_line_buffer + at, (size_t)(faa_text_line_end(at) - at));
    if (end <= at) end = at + 1;
  }
  while (faa_text_continues_character(end)) ++end;
  return end < rl_end ? end : rl_end;
}

// The start of the cluster that holds the byte at `at`. Clusters are found from the start of the line.
static int cluster_holding(int at) {
  if (is_ascii(at) && (at + 1 >= rl_end || is_ascii(at + 1)) && (at == 0 || is_ascii(at - 1))) return at;
  int start = faa_text_line_start(at);
  for (int next = start; (next = faa_text_cluster_end(start)) <= at && start < next; start = next) {
  }
  return start;
}

int faa_text_cluster_start(int at) { return at <= 0 ? 0 : cluster_holding(at - 1); }

void faa_text_settle(void) {
  static int last;
  if (rl_point > 0 && rl_point < rl_end) {
    int start = cluster_holding(rl_point);
    if (start < rl_point) rl_point = rl_point >= last ? faa_text_cluster_end(start) : start;
  }
  last = rl_point;
}
