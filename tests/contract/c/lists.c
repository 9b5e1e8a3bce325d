#include "lists.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*add_row)(cJSON* list, const struct ArrowSchema* schema, const struct ArrowArray* batch, int64_t row);

static const struct ArrowArray* column_of(const struct ArrowSchema* schema, const struct ArrowArray* batch,
                                          const char* name) {
  for (int64_t i = 0; i < schema->n_children; ++i) {
    if (strcmp(schema->children[i]->name, name) == 0) return batch->children[i];
  }
  fprintf(stderr, "driver: the list had no column '%s'\n", name);
  exit(2);
}

static int64_t integer_at(const struct ArrowArray* column, int64_t row) {
  return ((const int64_t*)column->buffers[1])[column->offset + row];
}

static cJSON* string_at(const struct ArrowArray* column, int64_t row) {
  const int32_t* offsets = (const int32_t*)column->buffers[1] + column->offset + row;
  char copy[512];
  snprintf(copy, sizeof(copy), "%.*s", (int)(offsets[1] - offsets[0]), (const char*)column->buffers[2] + offsets[0]);
  return cJSON_CreateString(copy);
}

static void add_dataset_row(cJSON* list, const struct ArrowSchema* schema, const struct ArrowArray* batch,
                            int64_t row) {
  cJSON* dataset = cJSON_CreateObject();
  cJSON_AddItemToObject(dataset, "name", string_at(column_of(schema, batch, "name"), row));
  cJSON_AddNumberToObject(dataset, "version", (double)integer_at(column_of(schema, batch, "version"), row));
  cJSON_AddNumberToObject(dataset, "rows", (double)integer_at(column_of(schema, batch, "rows"), row));
  cJSON_AddItemToArray(list, dataset);
}

static void add_history_row(cJSON* list, const struct ArrowSchema* schema, const struct ArrowArray* batch,
                            int64_t row) {
  cJSON_AddItemToArray(list, cJSON_CreateNumber((double)integer_at(column_of(schema, batch, "version"), row)));
}

static int add_rows(cJSON* list, struct ArrowArrayStream* stream, add_row add) {
  struct ArrowSchema schema;
  struct ArrowArray batch;
  int code = stream->get_schema(stream, &schema);
  if (code == 0) {
    while ((code = stream->get_next(stream, &batch)) == 0 && batch.release != NULL) {
      for (int64_t row = 0; row < batch.length; ++row) add(list, &schema, &batch, row);
      batch.release(&batch);
    }
    schema.release(&schema);
  }
  stream->release(stream);
  return code == 0;
}

int add_datasets(cJSON* list, struct ArrowArrayStream* stream) { return add_rows(list, stream, add_dataset_row); }

int add_history(cJSON* list, struct ArrowArrayStream* stream) { return add_rows(list, stream, add_history_row); }
