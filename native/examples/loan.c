/* Builds a table in shared memory, with no copy: loan URL DATA_DIR NAME */
#include <stdio.h>
#include <string.h>
#include <zkarrow/zkarrow.h>

enum { ROWS = 1000000 };

static void release_schema(struct ArrowSchema* schema) { schema->release = NULL; }

/* Two columns, { id: int64, px: float64 }, in static memory: releasing it frees nothing. */
static void make_schema(struct ArrowSchema* out) {
  static struct ArrowSchema fields[2];
  static struct ArrowSchema* children[] = {&fields[0], &fields[1]};
  static const char* const names[] = {"id", "px"};
  static const char* const formats[] = {"l", "g"};
  for (int i = 0; i < 2; ++i) {
    memset(&fields[i], 0, sizeof(fields[i]));
    fields[i].name = names[i];
    fields[i].format = formats[i];
    fields[i].flags = ARROW_FLAG_NULLABLE;
    fields[i].release = release_schema;
  }
  memset(out, 0, sizeof(*out));
  out->format = "+s";
  out->n_children = 2;
  out->children = children;
  out->release = release_schema;
}

static void fill(struct ArrowArray* batch) {
  int64_t* ids = (int64_t*)batch->children[0]->buffers[1];
  double* prices = (double*)batch->children[1]->buffers[1];
  uint8_t* prices_valid = (uint8_t*)batch->children[1]->buffers[0];
  for (int i = 0; i < ROWS; ++i) {
    ids[i] = i;
    prices[i] = 100 + i % 100 * 0.25;
  }
  memset(prices_valid, 0xff, (ROWS + 7) / 8);
  prices_valid[0] ^= 2; /* the second price is null */
  batch->children[1]->null_count = 1;
}

static int failed(zka_status status, zka_error* error) {
  fprintf(stderr, "%s: %s\n", zka_status_name(status), error->message);
  error->release(error);
  return 1;
}

int main(int argc, char** argv) {
  zka_client_options options = ZKA_CLIENT_OPTIONS_INIT;
  zka_version_info version = ZKA_VERSION_INFO_INIT;
  zka_error error = ZKA_ERROR_INIT;
  struct ArrowSchema schema;
  struct ArrowArray batch;
  zka_client* client;
  zka_loan* loan;

  if (argc != 4) {
    fputs("usage: loan URL DATA_DIR NAME\n", stderr);
    return 2;
  }
  options.data_dir = argv[2];
  zka_status status = zka_client_open(argv[1], &options, 30000, NULL, &client, &error);
  if (status != ZKA_OK) return failed(status, &error);

  make_schema(&schema);
  status = zka_loan_open(client, &schema, ROWS, NULL, &batch, &loan, &error);
  if (status == ZKA_OK) {
    fill(&batch);
    status = zka_loan_publish(loan, argv[3], &batch, NULL, 30000, NULL, &version, &error);
    batch.release(&batch);
    zka_loan_close(loan);
  }
  zka_client_close(client);
  if (status != ZKA_OK) return failed(status, &error);
  printf("%s version %llu: %lld rows\n", argv[3], (unsigned long long)version.number, (long long)version.rows);
  return 0;
}
