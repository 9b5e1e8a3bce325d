#include "digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t mix(uint64_t hash, const void* bytes, size_t size) {
  const uint8_t* at = bytes;
  for (size_t i = 0; i < size; ++i) hash = (hash ^ at[i]) * 0x100000001b3u;
  return hash;
}

static int bit(const void* bits, int64_t i) { return (((const uint8_t*)bits)[i / 8] >> (i % 8)) & 1; }

/* Bytes of a value of a fixed-width format, or 0. */
static size_t width_of(const char* format) {
  if (strchr("cC", format[0]) != NULL && format[1] == '\0') return 1;
  if (strchr("sSe", format[0]) != NULL && format[1] == '\0') return 2;
  if (strchr("iIf", format[0]) != NULL && format[1] == '\0') return 4;
  if (strchr("lLg", format[0]) != NULL && format[1] == '\0') return 8;
  if (strcmp(format, "tdD") == 0 || strcmp(format, "tts") == 0 || strcmp(format, "ttm") == 0) return 4;
  if (strcmp(format, "tdm") == 0 || strncmp(format, "tt", 2) == 0) return 8;
  if (strncmp(format, "ts", 2) == 0 || strncmp(format, "tD", 2) == 0) return 8;
  return 0;
}

/* Mixes `rows` rows from `first` of a column in; 0 when its type is not one of the contract's. */
static int mix_column(const struct ArrowSchema* schema, const struct ArrowArray* array, int64_t first, int64_t rows,
                      uint64_t* hash) {
  const char* format = schema->format;
  const size_t width = width_of(format);
  const int is_bool = strcmp(format, "b") == 0;
  const int is_bytes = strcmp(format, "u") == 0 || strcmp(format, "z") == 0;
  const int is_large = strcmp(format, "U") == 0 || strcmp(format, "Z") == 0;
  if ((width == 0 && !is_bool && !is_bytes && !is_large) || schema->dictionary != NULL) return 0;

  const void* valid = array->null_count != 0 ? array->buffers[0] : NULL;
  for (int64_t i = first; i < first + rows; ++i) {
    const uint8_t present = valid == NULL || bit(valid, i);
    *hash = mix(*hash, &present, 1);
    if (!present) continue;
    if (width > 0) {
      *hash = mix(*hash, (const uint8_t*)array->buffers[1] + (size_t)i * width, width);
    } else if (is_bool) {
      const uint8_t value = (uint8_t)bit(array->buffers[1], i);
      *hash = mix(*hash, &value, 1);
    } else {
      const int64_t begin = is_large ? ((const int64_t*)array->buffers[1])[i] : ((const int32_t*)array->buffers[1])[i];
      const int64_t end =
          is_large ? ((const int64_t*)array->buffers[1])[i + 1] : ((const int32_t*)array->buffers[1])[i + 1];
      const int64_t size = end - begin;
      *hash = mix(*hash, &size, sizeof(size));
      if (size > 0) *hash = mix(*hash, (const uint8_t*)array->buffers[2] + begin, (size_t)size);
    }
  }
  return 1;
}

static zka_status failed(struct ArrowArrayStream* stream, int code, digest* out) {
  const char* text = stream->get_last_error(stream);
  snprintf(out->problem, sizeof(out->problem), "the stream failed: %s", text != NULL ? text : strerror(code));
  return ZKA_INTERNAL;
}

static zka_status digest_open(struct ArrowArrayStream* stream, const struct ArrowSchema* schema, digest* out,
                              make_record* record) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (;;) {
    struct ArrowArray batch;
    const int code = stream->get_next(stream, &batch);
    if (code != 0) return failed(stream, code, out);
    if (batch.release == NULL) break;
    ++out->batches;
    if (record != NULL) make_remember(record, &batch);
    hash = mix(hash, &batch.length, sizeof(batch.length));
    for (int64_t c = 0; c < batch.n_children; ++c) {
      const struct ArrowArray* column = batch.children[c];
      if (!mix_column(schema->children[c], column, batch.offset + column->offset, batch.length, &hash)) {
        snprintf(out->problem, sizeof(out->problem), "no digest is defined for columns of format '%s'",
                 schema->children[c]->format);
        batch.release(&batch);
        return ZKA_UNSUPPORTED;
      }
    }
    batch.release(&batch);
  }
  snprintf(out->hex, sizeof(out->hex), "%016" PRIx64, hash);
  return ZKA_OK;
}

zka_status digest_stream(struct ArrowArrayStream* stream, digest* out, make_record* record) {
  struct ArrowSchema schema;
  memset(out, 0, sizeof(*out));
  const int code = stream->get_schema(stream, &schema);
  zka_status status;
  if (code != 0) {
    status = failed(stream, code, out);
  } else {
    status = digest_open(stream, &schema, out, record);
    schema.release(&schema);
  }
  stream->release(stream);
  return status;
}
