/* Tables made to order: MAKE of tests/contract/README.md. */
#ifndef CONTRACT_MAKE_H
#define CONTRACT_MAKE_H

#include <zkarrow/zkarrow.h>

typedef enum {
  MAKE_INT64,
  MAKE_MIXED,
  MAKE_HALF,
  MAKE_MISMATCHED,
  MAKE_VIEWS,         /* for loans: no table is made of it */
  MAKE_RELEASED_CHILD /* for misuse: a batch whose column was released already */
} make_kind;

/* Which buffers the batches made so far point at, in order. */
typedef struct {
  const void* buffers[1024];
  size_t count;
} make_record;

/* Adds the buffers of a batch's columns. */
void make_remember(make_record* record, const struct ArrowArray* batch);

/* Fills `out` with a stream of `batches` batches of `rows` rows; `record` may be NULL and outlives it. */
void make_stream(struct ArrowArrayStream* out, make_kind kind, int64_t rows, int64_t seed, int64_t batches,
                 make_record* record);

#endif
