// Moves, variables, plain jumps, calls of closures; the table of handlers and the way in.
#include "Handlers.h"

void faa_release_object(void *object) { swift_release(object); }
void faa_retain_object(void *object) { swift_retain(object); }

/// For instructions that are done elsewhere.
HANDLER(leave) {
  (void)bottom;
  LEAVE;
}

HANDLER(move) {
  copy(PLACE(a), PLACE(b));
  CONTINUE;
}

HANDLER(constant) {
  copy(PLACE(a), (const FaaValue *)frame->constants + ip->d);
  CONTINUE;
}

HANDLER(integer) {
  put_integer(PLACE(a), ip->d);
  CONTINUE;
}

HANDLER(none) {
  put_none(PLACE(a));
  CONTINUE;
}

HANDLER(bool) {
  put_truth(PLACE(a), ip->d != 0);
  CONTINUE;
}

HANDLER(get_global) {
  if (!machine->is_defined[ip->d]) LEAVE;
  copy(PLACE(a), (const FaaValue *)frame->globals + ip->d);
  CONTINUE;
}

HANDLER(move_global) {
  FaaValue *variable = (FaaValue *)frame->globals + ip->d;
  // The function it gives up may be running.
  if (variable->tag == FaaTagFunction) LEAVE;
  move(variable, PLACE(a));
  machine->is_defined[ip->d] = true;
  CONTINUE;
}

HANDLER(get_capture) {
  copy(PLACE(a), (const FaaValue *)frame->captures + ip->d);
  CONTINUE;
}

/// The function that runs, by which it calls itself.
HANDLER(get_own) {
  FaaValue *place = PLACE(a);
  faa_retain_object(frame->function);
  drop(place);
  place->object = frame->function;
  place->tag = FaaTagFunction;
  CONTINUE;
}

HANDLER(get_cell) {
  copy(PLACE(a), elements_of(PLACE(b))->elements);
  CONTINUE;
}

HANDLER(set_cell) {
  copy(elements_of(PLACE(a))->elements, PLACE(b));
  CONTINUE;
}

// ---- Jumps ------------------------------------------------------------------------------------------------

HANDLER(jump) {
  if (is_interrupted_jump(ip->d)) LEAVE;
  CONTINUE_AT(ip + 1 + ip->d);
}

HANDLER(jump_if) {
  const FaaValue *a = PLACE(a);
  if (a->tag != FaaTagBool) LEAVE;
  if (truth(a) != ip->c) CONTINUE;
  if (is_interrupted_jump(ip->d)) LEAVE;
  CONTINUE_AT(ip + 1 + ip->d);
}

HANDLER(jump_if_not_none) {
  if (PLACE(a)->tag == FaaTagNone) CONTINUE;
  CONTINUE_AT(ip + 1 + ip->d);
}

HANDLER(short_circuit) {
  const FaaValue *a = PLACE(a);
  if (a->tag != FaaTagBool) LEAVE;
  if (truth(a) != ip->c) CONTINUE;
  CONTINUE_AT(ip + 1 + ip->d);
}

HANDLER(combine) {
  FaaValue *a = PLACE(a);
  const FaaValue *b = PLACE(b);
  if (a->tag != FaaTagBool || b->tag != FaaTagBool) LEAVE;
  a->integer = truth(b);
  CONTINUE;
}

// ---- Calls ------------------------------------------------------------------------------------------------

HANDLER(call) {
  const FaaValue *callee = PLACE(b);
  if (callee->tag != FaaTagFunction) LEAVE;
  FaaFunction *function = callee->object;
  FaaCode *code = function->code;
  if (!code || function->parameter_count != ip->c) LEAVE;
  FaaValue *registers = PLACE(a) + 1;
  FaaFrame *inner = frame + 1;
  if (faa_interrupted() || inner >= machine->frame_limit ||
      registers + code->register_count > (FaaValue *)machine->initialized)
    LEAVE;
  frame->resume = ip + 1;
  inner->registers = registers;
  inner->constants = code->constants;
  inner->globals = frame->globals;
  inner->captures = function->captures;
  inner->function = function;
  inner->code = code;
  machine->depth++;
  frame = inner;
  CONTINUE_AT(code->instructions);
}

/// Ends the innermost function: gives up what its registers hold.
static inline void pop(FaaFrame *frame, FaaMachine *machine) {
  machine->depth--;
  FaaValue *place = frame->registers, *end = place + frame->code->register_count;
  for (; place < end; place++)
    if (__builtin_expect(is_reference(place->tag), 0)) put_none(place);
}

// The place of the result may hold the last reference to the function and, with it, to the code that runs: it is overwritten when
// nothing of them is needed any more.
HANDLER(result) {
  if (frame == bottom) LEAVE;
  FaaValue *target = REGISTERS - 1, *source = PLACE(b);
  FaaValue value = *source;
  if (ip->base_b == FaaBaseRegister) {
    source->integer = 0;
    source->tag = FaaTagNone;
  } else if (__builtin_expect(is_reference(value.tag), 0)) {
    faa_retain_object(value.object);
  }
  pop(frame, machine);
  frame--;
  drop(target);
  target->integer = value.integer;
  target->tag = value.tag;
  CONTINUE_AT(frame->resume);
}

HANDLER(result_none) {
  if (frame == bottom) LEAVE;
  FaaValue *target = REGISTERS - 1;
  pop(frame, machine);
  frame--;
  put_none(target);
  CONTINUE_AT(frame->resume);
}

// ---- The loop ---------------------------------------------------------------------------------------------

const Handler faa_handlers[] = {
    [FaaOpcodeMove] = faa_do_move,
    [FaaOpcodeConstant] = faa_do_constant,
    [FaaOpcodeInteger] = faa_do_integer,
    [FaaOpcodeNone] = faa_do_none,
    [FaaOpcodeBool] = faa_do_bool,
    [FaaOpcodeGetGlobal] = faa_do_get_global,
    [FaaOpcodeMoveGlobal] = faa_do_move_global,
    [FaaOpcodeGetCapture] = faa_do_get_capture,
    [FaaOpcodeGetOwn] = faa_do_get_own,
    [FaaOpcodeNewCell] = faa_do_leave,
    [FaaOpcodeGetCell] = faa_do_get_cell,
    [FaaOpcodeSetCell] = faa_do_set_cell,
    [FaaOpcodeAdd] = faa_do_add,
    [FaaOpcodeSubtract] = faa_do_subtract,
    [FaaOpcodeMultiply] = faa_do_multiply,
    [FaaOpcodeDivide] = faa_do_divide,
    [FaaOpcodeFloorDivide] = faa_do_floor_divide,
    [FaaOpcodeModulo] = faa_do_modulo,
    [FaaOpcodePower] = faa_do_leave,
    [FaaOpcodeMatmul] = faa_do_leave,
    [FaaOpcodeEqual] = faa_do_equal,
    [FaaOpcodeNotEqual] = faa_do_not_equal,
    [FaaOpcodeLess] = faa_do_less,
    [FaaOpcodeLessEqual] = faa_do_less_equal,
    [FaaOpcodeGreater] = faa_do_greater,
    [FaaOpcodeGreaterEqual] = faa_do_greater_equal,
    [FaaOpcodeAddI] = faa_do_add_constant,
    [FaaOpcodeSubtractI] = faa_do_subtract_constant,
    [FaaOpcodeMultiplyI] = faa_do_multiply_constant,
    [FaaOpcodeModuloI] = faa_do_modulo_constant,
    [FaaOpcodeNegate] = faa_do_negate,
    [FaaOpcodeNot] = faa_do_not,
    [FaaOpcodeJump] = faa_do_jump,
    [FaaOpcodeJumpIf] = faa_do_jump_if,
    [FaaOpcodeJumpEqual] = faa_do_jump_equal,
    [FaaOpcodeJumpNotEqual] = faa_do_jump_not_equal,
    [FaaOpcodeJumpLess] = faa_do_jump_less,
    [FaaOpcodeJumpLessEqual] = faa_do_jump_less_equal,
    [FaaOpcodeJumpGreater] = faa_do_jump_greater,
    [FaaOpcodeJumpGreaterEqual] = faa_do_jump_greater_equal,
    [FaaOpcodeJumpEqualI] = faa_do_jump_equal_constant,
    [FaaOpcodeJumpNotEqualI] = faa_do_jump_not_equal_constant,
    [FaaOpcodeJumpLessI] = faa_do_jump_less_constant,
    [FaaOpcodeJumpLessEqualI] = faa_do_jump_less_equal_constant,
    [FaaOpcodeJumpGreaterI] = faa_do_jump_greater_constant,
    [FaaOpcodeJumpGreaterEqualI] = faa_do_jump_greater_equal_constant,
    [FaaOpcodeJumpIfNotNone] = faa_do_jump_if_not_none,
    [FaaOpcodeJumpIfGiven] = faa_do_leave,
    [FaaOpcodeShortCircuit] = faa_do_short_circuit,
    [FaaOpcodeCombine] = faa_do_combine,
    [FaaOpcodeIterate] = faa_do_leave,
    [FaaOpcodeNext] = faa_do_next,
    [FaaOpcodeAgain] = faa_do_again,
    [FaaOpcodeCall] = faa_do_call,
    [FaaOpcodeCallLabelled] = faa_do_leave,
    [FaaOpcodeCallCommand] = faa_do_leave,
    [FaaOpcodeCallMember] = faa_do_leave,
    [FaaOpcodeResult] = faa_do_result,
    [FaaOpcodeResultNone] = faa_do_result_none,
    [FaaOpcodeClosure] = faa_do_leave,
    [FaaOpcodeList] = faa_do_leave,
    [FaaOpcodeTuple] = faa_do_leave,
    [FaaOpcodeRecord] = faa_do_leave,
    [FaaOpcodeString] = faa_do_leave,
    [FaaOpcodeRange] = faa_do_leave,
    [FaaOpcodeUnpack] = faa_do_leave,
    [FaaOpcodeAppend] = faa_do_append,
    [FaaOpcodeReserve] = faa_do_leave,
    [FaaOpcodeAppendText] = faa_do_append_text,
    [FaaOpcodeGetIndex] = faa_do_leave,
    [FaaOpcodeGetElement] = faa_do_get_element,
    [FaaOpcodeGetMember] = faa_do_get_member,
    [FaaOpcodeSetElement] = faa_do_set_element,
    [FaaOpcodeSetMember] = faa_do_set_member,
    [FaaOpcodeSetPath] = faa_do_leave,
    [FaaOpcodeRaise] = faa_do_leave,
};

bool faa_count_is_known(void *object) {
  const intptr_t *count = (const intptr_t *)object + 1;
  bool is_known = *count == FaaSoleReference;
  swift_retain(object);
  is_known = is_known && *count != FaaSoleReference;
  swift_release(object);
  return is_known;
}

intptr_t faa_reference_count(const void *object) { return (intptr_t)swift_retainCount(object); }

const FaaInstruction *faa_machine_run(const FaaInstruction *ip, FaaFrame *frame, FaaFrame *bottom, FaaMachine *machine) {
  return faa_handlers[ip->op](ip, frame, bottom, machine);
}
