/* Publishes a table with nothing but zkarrow.h: publish URL DATA_DIR NAME */
#include <stdio.h>
#include <string.h>
#include <zkarrow/zkarrow.h>

/* The table: two columns of three rows. It lives in static memory, so releasing it frees nothing. */

static int64_t ids[] = {1, 2, 3};
static double prices[] = {101.5, 0, 99.25};
static uint8_t prices_valid[] = {5}; /* bits 0 and 2: the second price is null */
static int32_t symbol_ends[] = {0, 3, 6, 9};
static char symbols[] = "AAABBBCCC";

static void release_schema(struct ArrowSchema* schema) { schema->release = NULL; }
static void release_array(struct ArrowArray* array) { array->release = NULL; }
static void release_stream(struct ArrowArrayStream* stream) { stream->release = NULL; }

static int get_schema(struct ArrowArrayStream* stream, struct ArrowSchema* out) {
  static struct ArrowSchema fields[3];
  static struct ArrowSchema* children[] = {&fields[0], &fields[1], &fields[2]};
  static const char* const names[] = {"id", "px", "sym"};
  static const char* const formats[] = {"l", "g", "u"};
  (void)stream;
  for (int i = 0; i < 3; ++i) {
    memset(&fields[i], 0, sizeof(fields[i]));
    fields[i].name = names[i];
    fields[i].format = formats[i];
    fields[i].flags = ARROW_FLAG_NULLABLE;
    fields[i].release = release_schema;
  }
  memset(out, 0, sizeof(*out));
  out->format = "+s";
  out->name = "";
  out->n_children = 3;
  out->children = children;
  out->release = release_schema;
  return 0;
}

static void fill_column(struct ArrowArray* column, const void** buffers, int64_t n_buffers) {
  memset(column, 0, sizeof(*column));
  column->length = 3;
  column->n_buffers = n_buffers;
  column->buffers = buffers;
  column->null_count = buffers[0] != NULL ? 1 : 0;
  column->release = release_array;
}

static int get_next(struct ArrowArrayStream* stream, struct ArrowArray* out) {
  static struct ArrowArray columns[3];
  static struct ArrowArray* children[] = {&columns[0], &columns[1], &columns[2]};
  static const void* id_buffers[] = {NULL, ids};
  static const void* price_buffers[] = {prices_valid, prices};
  static const void* symbol_buffers[] = {NULL, symbol_ends, symbols};
  static const void* no_nulls[] = {NULL};
  int* given = stream->private_data;

  memset(out, 0, sizeof(*out));
  if (*given) return 0; /* a released array ends the stream */
  *given = 1;
  fill_column(&columns[0], id_buffers, 2);
  fill_column(&columns[1], price_buffers, 2);
  fill_column(&columns[2], symbol_buffers, 3);
  fill_column(out, no_nulls, 1);
  out->n_children = 3;
  out->children = children;
  return 0;
}

static const char* get_last_error(struct ArrowArrayStream* stream) {
  (void)stream;
  return NULL;
}

static int failed(zka_status status, zka_error* error) {
  fprintf(stderr, "%s: %s\n", zka_status_name(status), error->message != NULL ? error->message : "no message");
  if (error->release != NULL) error->release(error);
  return 1;
}

int main(int argc, char** argv) {
  zka_client_options options = ZKA_CLIENT_OPTIONS_INIT;
  zka_version_info version = ZKA_VERSION_INFO_INIT;
  zka_error error = ZKA_ERROR_INIT;
  zka_client* client;
  int given = 0;
  struct ArrowArrayStream stream = {get_schema, get_next, get_last_error, release_stream, &given};

  if (argc != 4) {
    fputs("usage: publish URL DATA_DIR NAME\n", stderr);
    return 2;
  }
  options.data_dir = argv[2];
  zka_status status = zka_client_open(argv[1], &options, 30000, NULL, &client, &error);
  if (status != ZKA_OK) return failed(status, &error);

  status = zka_dataset_publish(client, argv[3], &stream, NULL, 30000, NULL, &version, &error);
  if (stream.release != NULL) stream.release(&stream); /* consumed on ZKA_OK only */
  zka_client_close(client);
  if (status != ZKA_OK) return failed(status, &error);
  printf("%s version %llu: %lld rows\n", argv[3], (unsigned long long)version.number, (long long)version.rows);
  return 0;
}
