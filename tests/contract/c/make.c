#include "make.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void* allocate(size_t size) {
  void* memory = calloc(1, size > 0 ? size : 1);
  if (memory == NULL) {
    fputs("driver: out of memory\n", stderr);
    exit(2);
  }
  return memory;
}

/* Schemas */

static void release_schema(struct ArrowSchema* schema) {
  for (int64_t i = 0; i < schema->n_children; ++i) {
    if (schema->children[i]->release != NULL) schema->children[i]->release(schema->children[i]);
    free(schema->children[i]);
  }
  free(schema->children);
  schema->release = NULL;
}

static void fill_schema(struct ArrowSchema* out, const char* format, const char* name, int64_t n_children) {
  memset(out, 0, sizeof(*out));
  out->format = format;
  out->name = name;
  out->flags = ARROW_FLAG_NULLABLE;
  out->n_children = n_children;
  if (n_children > 0) out->children = allocate((size_t)n_children * sizeof(struct ArrowSchema*));
  for (int64_t i = 0; i < n_children; ++i) out->children[i] = allocate(sizeof(struct ArrowSchema));
  out->release = release_schema;
}

/* Arrays: an array owns its buffers and its children. */

static void release_array(struct ArrowArray* array) {
  for (int64_t i = 0; i < array->n_children; ++i) {
    if (array->children[i]->release != NULL) array->children[i]->release(array->children[i]);
    free(array->children[i]);
  }
  free(array->children);
  for (int64_t i = 0; i < array->n_buffers; ++i) free((void*)array->buffers[i]);
  free((void*)array->buffers);
  array->release = NULL;
}

static void fill_array(struct ArrowArray* out, int64_t length, int64_t n_buffers, int64_t n_children) {
  memset(out, 0, sizeof(*out));
  out->length = length;
  out->n_buffers = n_buffers;
  out->n_children = n_children;
  out->buffers = allocate((size_t)n_buffers * sizeof(void*));
  if (n_children > 0) out->children = allocate((size_t)n_children * sizeof(struct ArrowArray*));
  for (int64_t i = 0; i < n_children; ++i) out->children[i] = allocate(sizeof(struct ArrowArray));
  out->release = release_array;
}

static void set_bit(uint8_t* bits, int64_t i) { bits[i / 8] = (uint8_t)(bits[i / 8] | (1 << (i % 8))); }

/* A validity bitmap with every row null whose number leaves `rest` when divided by `modulus`. */
static uint8_t* validity(struct ArrowArray* array, int64_t first, int64_t modulus, int64_t rest) {
  uint8_t* bits = allocate((size_t)(array->length + 7) / 8);
  for (int64_t i = 0; i < array->length; ++i) {
    if ((first + i) % modulus == rest) {
      ++array->null_count;
    } else {
      set_bit(bits, i);
    }
  }
  return bits;
}

static void fill_integers(struct ArrowArray* out, int64_t rows, int64_t start) {
  fill_array(out, rows, 2, 0);
  int64_t* values = allocate((size_t)rows * sizeof(int64_t));
  for (int64_t i = 0; i < rows; ++i) values[i] = start + i;
  out->buffers[1] = values;
}

static void fill_prices(struct ArrowArray* out, int64_t rows, int64_t first, int64_t seed) {
  fill_array(out, rows, 2, 0);
  double* values = allocate((size_t)rows * sizeof(double));
  for (int64_t i = 0; i < rows; ++i) values[i] = (double)(seed + first + i) * 0.5;
  out->buffers[0] = validity(out, first, 7, 3);
  out->buffers[1] = values;
}

static void fill_symbols(struct ArrowArray* out, int64_t rows, int64_t first, int64_t seed) {
  fill_array(out, rows, 3, 0);
  int32_t* offsets = allocate((size_t)(rows + 1) * sizeof(int32_t));
  char* bytes = allocate((size_t)rows * 2);
  for (int64_t i = 0; i < rows; ++i) {
    offsets[i + 1] = offsets[i];
    if ((first + i) % 5 == 4) continue;
    bytes[offsets[i]] = 's';
    bytes[offsets[i] + 1] = (char)('0' + (seed + first + i) % 10);
    offsets[i + 1] += 2;
  }
  out->buffers[0] = validity(out, first, 5, 4);
  out->buffers[1] = offsets;
  out->buffers[2] = bytes;
}

static void fill_ups(struct ArrowArray* out, int64_t rows, int64_t start) {
  fill_array(out, rows, 2, 0);
  uint8_t* bits = allocate((size_t)(rows + 7) / 8);
  for (int64_t i = 0; i < rows; ++i) {
    if ((start + i) % 3 == 0) set_bit(bits, i);
  }
  out->buffers[1] = bits;
}

/* The stream */

typedef struct {
  make_kind kind;
  int64_t rows;
  int64_t seed;
  int64_t batches;
  int64_t given;
  const char* last_error;
  make_record* record;
} state;

static int get_schema(struct ArrowArrayStream* stream, struct ArrowSchema* out) {
  const state* self = stream->private_data;
  switch (self->kind) {
    case MAKE_MIXED:
      fill_schema(out, "+s", "", 4);
      fill_schema(out->children[0], "l", "id", 0);
      fill_schema(out->children[1], "g", "px", 0);
      fill_schema(out->children[2], "u", "sym", 0);
      fill_schema(out->children[3], "b", "up", 0);
      break;
    case MAKE_MISMATCHED:
      fill_schema(out, "+s", "", 2);
      fill_schema(out->children[0], "l", "x", 0);
      fill_schema(out->children[1], "l", "y", 0);
      break;
    default:
      fill_schema(out, "+s", "", 1);
      fill_schema(out->children[0], "l", "x", 0);
  }
  return 0;
}

void make_remember(make_record* record, const struct ArrowArray* batch) {
  for (int64_t c = 0; c < batch->n_children; ++c) {
    for (int64_t b = 0; b < batch->children[c]->n_buffers; ++b) {
      if (record->count < sizeof(record->buffers) / sizeof(*record->buffers))
        record->buffers[record->count++] = batch->children[c]->buffers[b];
    }
  }
}

static int get_next(struct ArrowArrayStream* stream, struct ArrowArray* out) {
  state* self = stream->private_data;
  memset(out, 0, sizeof(*out));
  if (self->kind == MAKE_HALF && self->given == 1) {
    self->last_error = "disk on fire";
    return 5;
  }
  if (self->given == self->batches) return 0;
  const int64_t first = self->given * self->rows;
  const int64_t start = self->seed + first;
  ++self->given;
  if (self->kind == MAKE_MIXED) {
    fill_array(out, self->rows, 1, 4);
    fill_integers(out->children[0], self->rows, start);
    fill_prices(out->children[1], self->rows, first, self->seed);
    fill_symbols(out->children[2], self->rows, first, self->seed);
    fill_ups(out->children[3], self->rows, start);
  } else {
    fill_array(out, self->rows, 1, 1);
    fill_integers(out->children[0], self->rows, start);
    if (self->kind == MAKE_RELEASED_CHILD) out->children[0]->release(out->children[0]);
  }
  if (self->record != NULL) make_remember(self->record, out);
  return 0;
}

static const char* get_last_error(struct ArrowArrayStream* stream) {
  return ((const state*)stream->private_data)->last_error;
}

static void release_stream(struct ArrowArrayStream* stream) {
  free(stream->private_data);
  stream->release = NULL;
}

void make_stream(struct ArrowArrayStream* out, make_kind kind, int64_t rows, int64_t seed, int64_t batches,
                 make_record* record) {
  state* self = allocate(sizeof(*self));
  self->kind = kind;
  self->rows = rows;
  self->seed = seed;
  self->batches = kind == MAKE_HALF ? 2 : batches;
  self->record = record;
  out->get_schema = get_schema;
  out->get_next = get_next;
  out->get_last_error = get_last_error;
  out->release = release_stream;
  out->private_data = self;
}
