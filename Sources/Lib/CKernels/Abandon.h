// Whether anybody still waits for what a thread does (see `faa_run_abandonable`).
#pragma once
#include <stdatomic.h>

/// Set for the threads of a task that can be abandoned, and true once it has been; NULL for all other threads.
extern _Thread_local const atomic_bool *faa_abandoned;
