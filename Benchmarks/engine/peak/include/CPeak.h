#pragma once

/// Runs `rounds` rounds of independent f32 multiply-adds in registers, as wide as this processor has them, and returns
/// the floating-point operations of a round (0 where no wide path is compiled in). `sink` keeps the result alive.
long peak_multiply_adds(long rounds, float *_Nonnull sink);
