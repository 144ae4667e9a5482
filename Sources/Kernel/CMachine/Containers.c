// Elements of lists, members of records, loops over ranges and lists.
#include "Handlers.h"

HANDLER(get_element) {
  const FaaValue *b = PLACE(b), *c = PLACE(c);
  if (b->tag != FaaTagList || c->tag != FaaTagInt) LEAVE;
  const Array *array = elements_of(b);
  if ((uint64_t)c->integer >= (uint64_t)array->count) LEAVE;
  copy(PLACE(a), array->elements + c->integer);
  CONTINUE;
}

HANDLER(set_element) {
  FaaValue *list = place_to_change(ip, frame);
  const FaaValue *b = PLACE(b), *c = PLACE(c);
  if (list->tag != FaaTagList || c->tag != FaaTagInt || b == list) LEAVE;
  Array *array = elements_of(list);
  if ((uint64_t)c->integer >= (uint64_t)array->count || !is_own(list->object, array)) LEAVE;
  copy(array->elements + c->integer, b);
  CONTINUE;
}

HANDLER(append) {
  FaaValue *list = place_to_change(ip, frame);
  const FaaValue *b = PLACE(b);
  // A session variable without a value looks like `none`.
  if (list->tag != FaaTagList || b == list || b->tag == FaaTagNone) LEAVE;
  Array *array = elements_of(list);
  if ((uint64_t)array->count >= array->capacity_and_flags >> 1 || !is_own(list->object, array)) LEAVE;
  FaaValue *end = array->elements + array->count;
  if (is_reference(b->tag)) faa_retain_object(b->object);
  end->integer = b->integer;
  end->tag = b->tag;
  array->count++;
  CONTINUE;
}

HANDLER(get_member) {
  const FaaValue *b = PLACE(b);
  if (b->tag != FaaTagRecord) LEAVE;
  const Record *record = b->object;
  const FaaMemberCache *cache = frame->code->members + ip->d;
  if (record->keys != cache->keys) LEAVE;
  copy(PLACE(a), record->values->elements + cache->index);
  CONTINUE;
}

HANDLER(set_member) {
  FaaValue *place = place_to_change(ip, frame);
  const FaaValue *b = PLACE(b);
  if (place->tag != FaaTagRecord || b == place) LEAVE;
  const Record *record = place->object;
  const FaaMemberCache *cache = frame->code->members + ip->d;
  if (record->keys != cache->keys || !is_own(record, record->values)) LEAVE;
  copy(record->values->elements + cache->index, b);
  CONTINUE;
}

// ---- Loops: ranges with step 1 keep the next member and the end in the two state registers, lists themselves and a position. ----

HANDLER(next) {
  FaaValue *state = PLACE(a);
  if (state->tag == FaaTagInt) {
    int64_t member = state->integer;
    if (member >= state[1].integer) CONTINUE_AT(ip + 1 + ip->d);
    put_integer(PLACE(b), member);
    state->integer = member + 1;
    CONTINUE;
  }
  if (state->tag != FaaTagList) LEAVE;
  const Array *array = elements_of(state);
  int64_t position = state[1].integer;
  if (position >= array->count) CONTINUE_AT(ip + 1 + ip->d);
  copy(PLACE(b), array->elements + position);
  state[1].integer = position + 1;
  CONTINUE;
}

HANDLER(again) {
  if (faa_interrupted()) LEAVE;
  FaaValue *state = PLACE(a);
  if (state->tag == FaaTagInt) {
    int64_t member = state->integer;
    if (member >= state[1].integer) CONTINUE;
    put_integer(PLACE(b), member);
    state->integer = member + 1;
    CONTINUE_AT(ip + 1 + ip->d);
  }
  if (state->tag != FaaTagList) LEAVE;
  const Array *array = elements_of(state);
  int64_t position = state[1].integer;
  if (position >= array->count) CONTINUE;
  copy(PLACE(b), array->elements + position);
  state[1].integer = position + 1;
  CONTINUE_AT(ip + 1 + ip->d);
}
