/* Reads the newest version of a table with nothing but zkarrow.h: read URL DATA_DIR NAME */
#include <stdio.h>
#include <string.h>
#include <zkarrow/zkarrow.h>

static int failed(zka_status status, zka_error* error) {
  fprintf(stderr, "%s: %s\n", zka_status_name(status), error->message != NULL ? error->message : "no message");
  if (error->release != NULL) error->release(error);
  return 1;
}

static void print_value(const char* format, const struct ArrowArray* column, int64_t row) {
  const uint8_t* valid = column->null_count != 0 ? column->buffers[0] : NULL;
  if (valid != NULL && !((valid[row / 8] >> (row % 8)) & 1)) {
    fputs("-", stdout);
  } else if (strcmp(format, "l") == 0) {
    printf("%lld", (long long)((const int64_t*)column->buffers[1])[row]);
  } else if (strcmp(format, "g") == 0) {
    printf("%g", ((const double*)column->buffers[1])[row]);
  } else if (strcmp(format, "u") == 0) {
    const int32_t* ends = column->buffers[1];
    printf("%.*s", (int)(ends[row + 1] - ends[row]), (const char*)column->buffers[2] + ends[row]);
  } else {
    printf("(%s)", format);
  }
}

static void print_batch(const struct ArrowSchema* schema, const struct ArrowArray* batch) {
  for (int64_t row = 0; row < batch->length; ++row) {
    for (int64_t i = 0; i < batch->n_children; ++i) {
      const struct ArrowArray* column = batch->children[i];
      fputs(i == 0 ? "" : " ", stdout);
      print_value(schema->children[i]->format, column, batch->offset + column->offset + row);
    }
    fputs("\n", stdout);
  }
}

static int print_stream(struct ArrowArrayStream* stream) {
  struct ArrowSchema schema;
  struct ArrowArray batch;
  int code = stream->get_schema(stream, &schema);
  if (code != 0) return code;
  while ((code = stream->get_next(stream, &batch)) == 0 && batch.release != NULL) {
    print_batch(&schema, &batch);
    batch.release(&batch);
  }
  schema.release(&schema);
  return code;
}

int main(int argc, char** argv) {
  zka_client_options options = ZKA_CLIENT_OPTIONS_INIT;
  zka_version_info version = ZKA_VERSION_INFO_INIT;
  zka_error error = ZKA_ERROR_INIT;
  zka_client* client = NULL;
  zka_table* table = NULL;
  struct ArrowArrayStream stream;

  if (argc != 4) {
    fputs("usage: read URL DATA_DIR NAME\n", stderr);
    return 2;
  }
  options.data_dir = argv[2];
  zka_status status = zka_client_open(argv[1], &options, 30000, NULL, &client, &error);
  if (status == ZKA_OK) status = zka_dataset_read(client, argv[3], NULL, 30000, NULL, &table, &error);
  if (status == ZKA_OK) status = zka_table_version(table, &version, &error);
  if (status == ZKA_OK) status = zka_table_stream(table, &stream, &error);
  zka_table_close(table); /* the stream holds the version on its own */
  zka_client_close(client);
  if (status != ZKA_OK) return failed(status, &error);

  printf("%s version %llu: %lld rows\n", argv[3], (unsigned long long)version.number, (long long)version.rows);
  const int code = print_stream(&stream);
  if (code != 0) {
    const char* text = stream.get_last_error(&stream);
    fprintf(stderr, "the stream failed: %s\n", text != NULL ? text : strerror(code));
  }
  stream.release(&stream);
  return code != 0;
}
