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

static void add_audit_row(cJSON* list, const struct ArrowSchema* schema, const struct ArrowArray* batch, int64_t row) {
  static const char* const texts[] = {"author", "parent_commit_id", "code_tag"};
  const struct ArrowArray* tags = column_of(schema, batch, "tags");
  const struct ArrowArray* metadata = column_of(schema, batch, "metadata");
  const struct ArrowArray* pairs = metadata->children[0];
  cJSON* version = cJSON_CreateObject();
  cJSON_AddNumberToObject(version, "version", (double)integer_at(column_of(schema, batch, "version"), row));
  for (int i = 0; i < 3; ++i)
    cJSON_AddItemToObject(version, texts[i], string_at(column_of(schema, batch, texts[i]), row));
  cJSON* tag_list = cJSON_AddArrayToObject(version, "tags");
  const int32_t* ends = (const int32_t*)tags->buffers[1] + tags->offset + row;
  for (int32_t i = ends[0]; i < ends[1]; ++i) cJSON_AddItemToArray(tag_list, string_at(tags->children[0], i));
  cJSON* map = cJSON_AddObjectToObject(version, "metadata");
  ends = (const int32_t*)metadata->buffers[1] + metadata->offset + row;
  for (int32_t i = ends[0]; i < ends[1]; ++i) {
    cJSON* key = string_at(pairs->children[0], pairs->offset + i);
    cJSON_AddItemToObject(map, key->valuestring, string_at(pairs->children[1], pairs->offset + i));
    cJSON_Delete(key);
  }
  cJSON_AddItemToArray(list, version);
}

static void add_tag_row(cJSON* object, const struct ArrowSchema* schema, const struct ArrowArray* batch, int64_t row) {
  cJSON* tag = string_at(column_of(schema, batch, "tag"), row);
  cJSON_AddNumberToObject(object, tag->valuestring, (double)integer_at(column_of(schema, batch, "version"), row));
  cJSON_Delete(tag);
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

int add_audit(cJSON* list, struct ArrowArrayStream* stream) { return add_rows(list, stream, add_audit_row); }

int add_tags(cJSON* object, struct ArrowArrayStream* stream) { return add_rows(object, stream, add_tag_row); }
