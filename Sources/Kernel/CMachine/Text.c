// Texts: short ones and integers added to a text that nobody else holds, and short ones compared.
#include <string.h>

#include "Handlers.h"

// The bytes that come behind a text, and the text itself, behind the two words every object begins with.
typedef struct {
  int64_t count;
  uint8_t bytes[];
} Pending;

typedef struct {
  intptr_t header[2];
  uint64_t text[2];
  Pending *pending;
} Text;

// A text of up to 15 bytes lies in the two words; the last byte says so and has the length in its low half.
enum { SHORT = 0x20, ASCII = 0x40 };

static inline uint8_t last_byte(const Text *text) { return (uint8_t)(text->text[1] >> 56); }

/// Whether all of a text lies in its two words.
static inline bool is_short(const Text *text) {
  return (last_byte(text) & SHORT) && (!text->pending || text->pending->count == 0);
}

ptrdiff_t faa_write_decimal(int64_t value, uint8_t *bytes) {
  uint8_t digits[FaaDecimalCapacity];
  uint8_t *first = digits + sizeof digits;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  // Dividing 32 bits is several times faster on many processors.
  for (; rest >> 32; rest /= 10) *--first = (uint8_t)('0' + rest % 10);
  uint32_t small = (uint32_t)rest;
  do *--first = (uint8_t)('0' + small % 10);
  while (small /= 10);
  if (value < 0) *--first = '-';
  size_t count = (size_t)(digits + sizeof digits - first);
  memcpy(bytes, first, count);
  return (ptrdiff_t)count;
}

bool faa_append_text(FaaValue *target, const FaaValue *pieces, ptrdiff_t count) {
  if (target->tag != FaaTagString || !is_sole(target->object)) return false;
  Pending *pending = ((const Text *)target->object)->pending;
  if (!pending) return false;
  int64_t room = FaaTextCapacity - pending->count;
  for (ptrdiff_t i = 0; i < count; i++) {
    if (pieces[i].tag == FaaTagInt)
      room -= FaaDecimalCapacity;
    else if (pieces[i].tag == FaaTagString && is_short(pieces[i].object))
      room -= sizeof((Text *)0)->text;
    else
      return false;
  }
  if (room < 0) return false;
  uint8_t *end = pending->bytes + pending->count;
  for (ptrdiff_t i = 0; i < count; i++) {
    if (pieces[i].tag == FaaTagInt) {
      end += faa_write_decimal(pieces[i].integer, end);
    } else {
      const Text *piece = pieces[i].object;
      memcpy(end, piece->text, sizeof piece->text);
      end += last_byte(piece) & 15;
    }
  }
  pending->count = end - pending->bytes;
  return true;
}

bool faa_compare_texts(const void *first, const void *second, bool *are_equal) {
  const Text *x = first, *y = second;
  if (!is_short(x) || !is_short(y)) return false;
  *are_equal = x->text[0] == y->text[0] && x->text[1] == y->text[1];
  // Other letters can be spelled in several ways.
  return *are_equal || (last_byte(x) & last_byte(y) & ASCII);
}

HANDLER(append_text) {
  if (!faa_append_text(PLACE(a), PLACE(b), ip->c)) LEAVE;
  CONTINUE;
}
