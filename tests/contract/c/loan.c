#include "loan.h"

#include <string.h>

static void forget(struct ArrowSchema* schema) { schema->release = NULL; }

/* A type that cannot be built in a loan. */
static void view_schema(struct ArrowSchema* out, struct ArrowSchema* column, struct ArrowSchema** children) {
  memset(column, 0, sizeof(*column));
  column->format = "vu";
  column->name = "v";
  column->release = forget;
  memset(out, 0, sizeof(*out));
  out->format = "+s";
  out->n_children = 1;
  *children = column;
  out->children = children;
  out->release = forget;
}

/* Writes rows of a column of the contract where the loan has its buffers; more text than fits is left out. */
static void write_column(const struct ArrowArray* made, struct ArrowArray* column, const char* format,
                         int64_t var_bytes) {
  const size_t rows = (size_t)made->length;
  const size_t bits = (rows + 7) / 8;
  if (made->null_count > 0) memcpy((void*)column->buffers[0], made->buffers[0], bits);
  column->null_count = made->null_count > 0 ? -1 : 0;
  if (strcmp(format, "b") == 0) {
    memcpy((void*)column->buffers[1], made->buffers[1], bits);
  } else if (strcmp(format, "u") == 0) {
    const int64_t end = ((const int32_t*)made->buffers[1])[rows];
    memcpy((void*)column->buffers[1], made->buffers[1], (rows + 1) * sizeof(int32_t));
    memcpy((void*)column->buffers[2], made->buffers[2], (size_t)(end < var_bytes ? end : var_bytes));
  } else {
    memcpy((void*)column->buffers[1], made->buffers[1], rows * sizeof(int64_t));
  }
}

static void write_batch(struct ArrowArrayStream* stream, const struct ArrowSchema* schema, int64_t var_bytes,
                        struct ArrowArray* batch) {
  struct ArrowArray made;
  if (stream->get_next(stream, &made) != 0 || made.release == NULL) return;
  for (int64_t c = 0; c < made.n_children; ++c)
    write_column(made.children[c], batch->children[c], schema->children[c]->format, var_bytes);
  batch->length = made.length;
  made.release(&made);
}

zka_status loan_make(zka_client* client, make_kind kind, int64_t rows, int64_t seed, int64_t room, int64_t var_bytes,
                     loaned* out, zka_error* error) {
  zka_loan_options options = ZKA_LOAN_OPTIONS_INIT;
  struct ArrowArrayStream stream;
  struct ArrowSchema schema, column, *children;
  options.var_bytes = var_bytes;
  memset(out, 0, sizeof(*out));
  make_stream(&stream, kind, rows, seed, 1, NULL);
  if (kind == MAKE_VIEWS) {
    view_schema(&schema, &column, &children);
  } else {
    stream.get_schema(&stream, &schema);
  }
  const zka_status status = zka_loan_open(client, &schema, room, &options, &out->batch, &out->loan, error);
  if (status == ZKA_OK) write_batch(&stream, &schema, var_bytes, &out->batch);
  schema.release(&schema);
  stream.release(&stream);
  return status;
}

zka_status loan_end(loaned* held) {
  if (held->batch.release != NULL) held->batch.release(&held->batch);
  return zka_loan_close(held->loan);
}
