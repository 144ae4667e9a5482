// A convolution as a plain user of oneDNN writes it, for comparison.
#pragma once

typedef struct {
  long batch, channels, size, out, kernel, stride, padding, groups;
} PeerShape;

/// The median milliseconds of `repeats` runs of one map (0 forward, 1 input gradient, 2 weight gradient) on the whole batch with oneDNN's own
/// threads: plain layouts outside, oneDNN's choice inside, reorders included, all buffers made beforehand. Negative where oneDNN fails.
double peer_convolution(int map, PeerShape shape, int repeats);
