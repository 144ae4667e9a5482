import Testing

/// Everything that runs programs, one at a time: the interrupt flag belongs to the process.
@Suite(.serialized) struct RuntimeTests {}
