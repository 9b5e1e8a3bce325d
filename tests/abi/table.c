#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"

typedef enum { WHOLE, FAILING, SCHEMALESS, SPOILED } kind;

typedef struct {
  kind kind;
  int how;
  int given;
} state;

static int alive; /* releases come from any thread */

int table_alive(void) { return __atomic_load_n(&alive, __ATOMIC_RELAXED); }

static void* allocate(size_t size) {
  void* memory = calloc(1, size);
  REQUIRE(memory != NULL);
  return memory;
}

static void release_schema(struct ArrowSchema* schema) {
  if (schema->private_data != NULL) {
    struct ArrowSchema* child = schema->private_data;
    if (child->release != NULL) child->release(child);
    free(child);
    free(schema->children);
  }
  schema->release = NULL;
  __atomic_sub_fetch(&alive, 1, __ATOMIC_RELAXED);
}

static void fill_schema(struct ArrowSchema* out, const char* format, const char* name) {
  memset(out, 0, sizeof(*out));
  out->format = format;
  out->name = name;
  out->flags = ARROW_FLAG_NULLABLE;
  out->release = release_schema;
  __atomic_add_fetch(&alive, 1, __ATOMIC_RELAXED);
}

static void release_array(struct ArrowArray* array) {
  if (array->private_data != NULL) {
    struct ArrowArray* child = array->private_data;
    if (child->release != NULL) child->release(child);
    free(child);
  }
  array->release = NULL;
  __atomic_sub_fetch(&alive, 1, __ATOMIC_RELAXED);
}

static void spoil(struct ArrowArray* batch, int how) {
  struct ArrowArray* column = batch->children[0];
  static const void* null_buffers[] = {NULL, NULL};
  switch (how) {
    case 0:
      batch->n_children = 2;
      break;
    case 1:
      batch->n_children = 0;
      break;
    case 2:
      batch->n_children = -1;
      break;
    case 3:
      batch->children = NULL;
      break;
    case 4:
      column->release(column);
      break;
    case 5:
      column->n_buffers = 1;
      break;
    case 6:
      column->n_buffers = -7;
      break;
    case 7:
      column->buffers = NULL;
      break;
    case 8:
      column->buffers = null_buffers;
      break;
    case 9:
      column->length = 2;
      break;
    case 10:
      column->offset = -1;
      break;
    default:
      batch->length = -3;
  }
}

static int get_schema(struct ArrowArrayStream* stream, struct ArrowSchema* out) {
  const state* self = stream->private_data;
  memset(out, 0, sizeof(*out));
  if (self->kind == SCHEMALESS) return 22;
  fill_schema(out, "+s", "");
  out->n_children = 1;
  out->children = allocate(sizeof(*out->children));
  out->children[0] = out->private_data = allocate(sizeof(struct ArrowSchema));
  fill_schema(out->children[0], "l", "x");
  return 0;
}

static void fill_batch(struct ArrowArray* out, struct ArrowArray** children) {
  static const int64_t values[] = {1, 2, 3};
  static const void* column_buffers[] = {NULL, values};
  static const void* no_nulls[] = {NULL};
  struct ArrowArray* column = allocate(sizeof(*column));
  column->length = 3;
  column->n_buffers = 2;
  column->buffers = column_buffers;
  column->release = release_array;
  children[0] = column;
  out->length = 3;
  out->n_buffers = 1;
  out->buffers = no_nulls;
  out->n_children = 1;
  out->children = children;
  out->private_data = column;
  out->release = release_array;
  __atomic_add_fetch(&alive, 2, __ATOMIC_RELAXED);
}

static int get_next(struct ArrowArrayStream* stream, struct ArrowArray* out) {
  static struct ArrowArray* children[64];
  static size_t used;
  state* self = stream->private_data;
  memset(out, 0, sizeof(*out));
  if (self->given++ > 0) return self->kind == FAILING ? 5 : 0;
  fill_batch(out, &children[used++ % 64]);
  if (self->kind == SPOILED) spoil(out, self->how);
  return 0;
}

static const char* get_last_error(struct ArrowArrayStream* stream) {
  return ((const state*)stream->private_data)->kind == FAILING ? "disk on fire" : NULL;
}

static void release_stream(struct ArrowArrayStream* stream) {
  free(stream->private_data);
  stream->release = NULL;
  __atomic_sub_fetch(&alive, 1, __ATOMIC_RELAXED);
}

static void fill_stream(struct ArrowArrayStream* out, kind kind, int how) {
  state* self = allocate(sizeof(*self));
  self->kind = kind;
  self->how = how;
  out->get_schema = get_schema;
  out->get_next = get_next;
  out->get_last_error = get_last_error;
  out->release = release_stream;
  out->private_data = self;
  __atomic_add_fetch(&alive, 1, __ATOMIC_RELAXED);
}

void table_stream(struct ArrowArrayStream* out) { fill_stream(out, WHOLE, 0); }
void failing_stream(struct ArrowArrayStream* out) { fill_stream(out, FAILING, 0); }
void schemaless_stream(struct ArrowArrayStream* out) { fill_stream(out, SCHEMALESS, 0); }
void spoiled_stream(struct ArrowArrayStream* out, int how) { fill_stream(out, SPOILED, how); }
