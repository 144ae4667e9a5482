// The inner loop of the register machine: what instructions do with plain numbers, short texts, lists, records and closures.
//
// The types below describe how the interpreter's values, functions and containers lie in memory; a test of the Swift side holds them to it.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// Instructions. `a`, `b`, `c` are operands: numbers of places, counted from the bases `base_a`, … (see `FaaBase`), unless a comment says
/// otherwise; `d` is a jump distance, an index into one of the tables of the function, or a small constant.
typedef enum __attribute__((enum_extensibility(closed))) : uint8_t {
  // Moves.
  FaaOpcodeMove, FaaOpcodeConstant, FaaOpcodeInteger, FaaOpcodeNone, FaaOpcodeBool,
  FaaOpcodeGetGlobal, FaaOpcodeMoveGlobal,
  FaaOpcodeGetCapture, FaaOpcodeGetOwn, FaaOpcodeNewCell, FaaOpcodeGetCell, FaaOpcodeSetCell,
  // a = b op c; the I forms have a constant in d instead of c.
  FaaOpcodeAdd, FaaOpcodeSubtract, FaaOpcodeMultiply, FaaOpcodeDivide, FaaOpcodeFloorDivide, FaaOpcodeModulo, FaaOpcodePower,
  FaaOpcodeMatmul,
  FaaOpcodeEqual, FaaOpcodeNotEqual, FaaOpcodeLess, FaaOpcodeLessEqual, FaaOpcodeGreater, FaaOpcodeGreaterEqual,
  FaaOpcodeAddI, FaaOpcodeSubtractI, FaaOpcodeMultiplyI, FaaOpcodeModuloI,
  FaaOpcodeNegate, FaaOpcodeNot,
  // Jumps by d from the next instruction; backward ones see to interrupts. The comparing ones compare a with b (the I forms: with b as a
  // signed constant) and jump when the outcome is c.
  FaaOpcodeJump, FaaOpcodeJumpIf,
  FaaOpcodeJumpEqual, FaaOpcodeJumpNotEqual, FaaOpcodeJumpLess, FaaOpcodeJumpLessEqual, FaaOpcodeJumpGreater,
  FaaOpcodeJumpGreaterEqual,
  FaaOpcodeJumpEqualI, FaaOpcodeJumpNotEqualI, FaaOpcodeJumpLessI, FaaOpcodeJumpLessEqualI, FaaOpcodeJumpGreaterI,
  FaaOpcodeJumpGreaterEqualI,
  FaaOpcodeJumpIfNotNone, FaaOpcodeJumpIfGiven,
  // Short circuits: `shortCircuit` jumps by d when a decides the outcome (c: 0 for &&, 1 for ||); `combine` puts both sides together.
  FaaOpcodeShortCircuit, FaaOpcodeCombine,
  // Loops: state in a and a + 1, the element in b. `next` leaves by d at the end, `again` goes back by d while there is more.
  FaaOpcodeIterate, FaaOpcodeNext, FaaOpcodeAgain,
  // Calls: callee in b, c arguments from a + 1, result in a.
  FaaOpcodeCall, FaaOpcodeCallLabelled, FaaOpcodeCallCommand, FaaOpcodeCallMember,
  FaaOpcodeResult, FaaOpcodeResultNone,
  FaaOpcodeClosure,
  // Containers: c elements from b. `reserve` makes room in the list a for what the loop with the state b will visit.
  FaaOpcodeList, FaaOpcodeTuple, FaaOpcodeRecord, FaaOpcodeString, FaaOpcodeRange, FaaOpcodeUnpack,
  FaaOpcodeAppend, FaaOpcodeReserve,
  // a = a + the text of c values from b.
  FaaOpcodeAppendText,
  // Subscripts and members: base b, entries from c by shape d.
  FaaOpcodeGetIndex, FaaOpcodeGetElement, FaaOpcodeGetMember,
  // Updates of the place a by the value b: at the index c, of the member c by cache d, at the path d with its indices from c.
  FaaOpcodeSetElement, FaaOpcodeSetMember, FaaOpcodeSetPath,
  FaaOpcodeRaise,
} FaaOpcode;

/// What the number of an operand counts from. `FaaBaseCaptureOrCell` is a captured value; of a place to be changed, the content of the cell
/// in a register.
typedef enum __attribute__((enum_extensibility(closed))) : uint8_t {
  FaaBaseRegister, FaaBaseConstant, FaaBaseGlobal, FaaBaseCaptureOrCell,
} FaaBase;

/// One instruction.
typedef struct {
  FaaOpcode op;
  FaaBase base_a, base_b, base_c;
  int32_t d;
  uint16_t a, b, c;
} FaaInstruction;

/// The numbers of the cases of a `Value`; those from `FaaTagString` to `FaaTagObject` hold a reference.
enum {
  FaaTagBool = 0, FaaTagInt = 1, FaaTagFloat = 2, FaaTagString = 3, FaaTagList = 4, FaaTagRecord = 6, FaaTagFunction = 9,
  FaaTagObject = 10, FaaTagNone = 11,
};

/// A `Value`: eight bytes of payload, then the number of its case.
typedef struct {
  union {
    int64_t integer;
    double number;
    void *object;
  };
  uint8_t tag;
} FaaValue;

/// Where the last record met by a member access had the member: records made alike share their keys.
typedef struct {
  const void *_Nullable keys;
  ptrdiff_t index;
} FaaMemberCache;

/// What the loop needs of a `FunctionCode`; `owner` is that object.
typedef struct {
  FaaInstruction *instructions;
  void *constants;
  FaaMemberCache *members;
  ptrdiff_t register_count;
  void *owner;
} FaaCode;

/// The beginning of a `FunctionBox`, behind the two words every object begins with. A native function has no code.
typedef struct {
  intptr_t header[2];
  FaaCode *_Nullable code;
  void *captures;
  ptrdiff_t parameter_count;
} FaaFunction;

/// A function under way. It holds no references: the function stays alive in the register below its own, where it was called from, or with
/// the Swift code that called it.
typedef struct {
  // What operands count from, in the order of `FaaBase`.
  void *registers, *constants, *globals, *captures;
  /// Its `FunctionBox`.
  void *function;
  FaaCode *code;
  /// Where it goes on when the call it made returns.
  const FaaInstruction *resume;
} FaaFrame;

/// What the loop shares with the rest of the interpreter.
typedef struct {
  /// Registers below this hold values.
  void *initialized;
  /// The innermost function, and the end of the frames.
  FaaFrame *frame, *frame_limit;
  /// The number of functions under way.
  ptrdiff_t depth;
  /// Which session variables have a value.
  bool *is_defined;
} FaaMachine;

/// Runs instructions from `ip` in the innermost function until one comes that the loop leaves to its caller: an operation on other values
/// than it knows, a fault, an interrupt, or the return of the function `bottom`.
/// - Returns: that instruction, not begun; `machine->frame` is the function it belongs to.
const FaaInstruction *faa_machine_run(const FaaInstruction *ip, FaaFrame *frame, FaaFrame *bottom, FaaMachine *machine);

/// What the second word of an object's header is while there is one reference to it and never was a weak one.
enum { FaaSoleReference = 3 };

/// The bytes that a `StringBox` gathers before it makes them part of its text.
enum { FaaTextCapacity = 1024 };

/// The most bytes an integer takes in decimal: 19 digits and a sign.
enum { FaaDecimalCapacity = 20 };

/// Writes an integer in decimal.
/// - Returns: the number of bytes.
ptrdiff_t faa_write_decimal(int64_t value, uint8_t *bytes);

/// Whether the only reference to an object shows as `FaaSoleReference`, and a second one does not.
bool faa_count_is_known(void *object);

/// How many strong references there are to an object of Swift.
intptr_t faa_reference_count(const void *object);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
