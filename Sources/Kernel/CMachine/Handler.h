// What the handlers of instructions share. Every instruction has one: a function that does it and calls the next one's handler as its last
// act. Such calls are jumps, so the machine's state stays in registers, and the processor predicts each of these jumps on its own.
#pragma once
#include "CKernels.h"
#include "CMachine.h"

#define HANDLER(name) \
  const FaaInstruction *faa_do_##name(const FaaInstruction *ip, FaaFrame *frame, FaaFrame *bottom, FaaMachine *machine)

typedef const FaaInstruction *(*Handler)(const FaaInstruction *, FaaFrame *, FaaFrame *, FaaMachine *);
#define LOCAL __attribute__((visibility("hidden")))
extern const Handler faa_handlers[] LOCAL;

/// Goes on at an instruction.
#define CONTINUE_AT(next)                       \
  do {                                          \
    const FaaInstruction *next_ = (next);       \
    __attribute__((musttail)) return faa_handlers[next_->op](next_, frame, bottom, machine); \
  } while (0)
#define CONTINUE CONTINUE_AT(ip + 1)

/// Leaves the instruction, of which nothing has been done, to the caller of the loop.
#define LEAVE                  \
  do {                         \
    machine->frame = frame;    \
    return ip;                 \
  } while (0)

// The frame begins with the four bases in the order of `FaaBase`, so finding a place takes no branch.
#define PLACE(x) (((FaaValue *const *)(const void *)frame)[ip->base_##x] + ip->x)
#define REGISTERS ((FaaValue *)frame->registers)

// Exported by the Swift runtime for compiled code.
extern void *swift_retain(void *object);
extern void swift_release(void *object);
extern size_t swift_retainCount(const void *object);
extern bool swift_isUniquelyReferenced_nonNull_native(const void *object);

// Rarely needed where values are numbers, so that calling them must not cost the handlers their registers.
#define RARE LOCAL __attribute__((noinline, preserve_most))
void faa_release_object(void *object) RARE;
void faa_retain_object(void *object) RARE;

/// Adds integers and short texts to the text in a place; false, and nothing done, where one is something else, the text is somebody else's
/// too, or its buffer has no room.
bool faa_append_text(FaaValue *target, const FaaValue *pieces, ptrdiff_t count) RARE;
/// Compares two texts; false where that takes more than a look at two words each.
bool faa_compare_texts(const void *x, const void *y, bool *are_equal) RARE;

static inline bool is_reference(uint8_t tag) { return (uint8_t)(tag - FaaTagString) <= FaaTagObject - FaaTagString; }

/// Gives up what a place holds.
static inline void drop(FaaValue *place) {
  if (__builtin_expect(is_reference(place->tag), 0)) faa_release_object(place->object);
}

static inline void put_integer(FaaValue *place, int64_t value) {
  drop(place);
  place->integer = value;
  place->tag = FaaTagInt;
}

static inline void put_number(FaaValue *place, double value) {
  drop(place);
  place->number = value;
  place->tag = FaaTagFloat;
}

static inline void put_truth(FaaValue *place, bool value) {
  drop(place);
  place->integer = value;
  place->tag = FaaTagBool;
}

static inline void put_none(FaaValue *place) {
  drop(place);
  place->integer = 0;
  place->tag = FaaTagNone;
}

/// Stores a copy of another place's value.
static inline void copy(FaaValue *place, const FaaValue *source) {
  int64_t payload = source->integer;
  uint8_t tag = source->tag;
  if (__builtin_expect(is_reference(tag), 0)) faa_retain_object(source->object);
  drop(place);
  place->integer = payload;
  place->tag = tag;
}

/// Moves the value of another place here; that one is left with `none`.
static inline void move(FaaValue *place, FaaValue *source) {
  int64_t payload = source->integer;
  uint8_t tag = source->tag;
  source->integer = 0;
  source->tag = FaaTagNone;
  drop(place);
  place->integer = payload;
  place->tag = tag;
}

/// The truth value a place holds; C++ and C write it as one byte, whatever the others are.
static inline bool truth(const FaaValue *place) { return (uint8_t)place->integer & 1; }

// A Swift array and the boxes around arrays, behind the two words every object begins with.
typedef struct {
  intptr_t header[2];
  int64_t count;
  uint64_t capacity_and_flags;
  FaaValue elements[];
} Array;

typedef struct {
  intptr_t header[2];
  Array *elements;
} List;

typedef struct {
  intptr_t header[2];
  const void *keys;
  Array *values;
} Record;

static inline Array *elements_of(const FaaValue *list) { return ((List *)list->object)->elements; }

/// Whether there is one reference to an object. The first look answers for most.
static inline bool is_sole(const void *object) {
  return ((const intptr_t *)object)[1] == FaaSoleReference || swift_isUniquelyReferenced_nonNull_native(object);
}

/// Whether nobody else sees a change of a box or of its array.
static inline bool is_own(const void *box, const Array *array) { return is_sole(box) && is_sole(array); }

/// What an instruction changes: a place, or the content of the cell in a register.
static inline FaaValue *place_to_change(const FaaInstruction *ip, FaaFrame *frame) {
  if (ip->base_a != FaaBaseCaptureOrCell) return PLACE(a);
  return elements_of(REGISTERS + ip->a)->elements;
}

static inline bool is_interrupted_jump(int32_t distance) { return distance < 0 && faa_interrupted(); }
