/*
 * Every function with what it must refuse: NULL pointers, garbage and closed handles, released structs, streams that
 * fail half-way. Each gives a status and a sentence; a signal ends this program and so fails the test.
 */
#include <stddef.h>
#include <string.h>
#include <zkarrow/zkarrow.h>

#include "fail.h"
#include "table.h"

enum { NOW = 0, SOON = 2000 };

static zka_error error = ZKA_ERROR_INIT;

/* Whether the last call gave `wanted` and described it in one line. */
static int gives(zka_status status, zka_status wanted) {
  const int said = error.status == status && error.message != NULL && strlen(error.message) > 10 &&
                   strchr(error.message, '\n') == NULL;
  if (status == wanted && said) return 1;
  fprintf(stderr, "got %s (%s), expected %s\n", zka_status_name(status),
          error.message != NULL ? error.message : "no message", zka_status_name(wanted));
  return 0;
}
#define INVALID_ARGUMENT(call) REQUIRE(gives(call, ZKA_INVALID_ARGUMENT))
#define INVALID_HANDLE(call) REQUIRE(gives(call, ZKA_INVALID_HANDLE))

static void library_functions(void) {
  REQUIRE(strcmp(zka_status_name(-1), "ZKA_UNKNOWN") == 0);
  REQUIRE(strcmp(zka_status_name(INT32_MAX), "ZKA_UNKNOWN") == 0);
  REQUIRE(strcmp(zka_version_string(), "0.1.0") == 0);
  zka_set_log_callback(NULL, NULL, 0);
  zka_set_log_callback(NULL, NULL, -5);
  INVALID_ARGUMENT(zka__counters(NULL, &error));
  REQUIRE(zka__counters(NULL, NULL) == ZKA_INVALID_ARGUMENT);
  void *function = &error, *const functions[5] = {NULL};
  INVALID_ARGUMENT(zka__capsule_destructor(NULL, &function, &error));
  REQUIRE(function == NULL);
  INVALID_ARGUMENT(zka__capsule_destructor(functions, NULL, &error));
  REQUIRE(zka__raise_for_test(ZKA_OK, 0, 0, NULL) == ZKA_OK);
  REQUIRE(zka__raise_for_test(ZKA_BUSY, 0, 0, NULL) == ZKA_BUSY);
}

static void null_arguments(void) {
  struct ArrowArrayStream stream, out;
  INVALID_ARGUMENT(zka_cancel_create(NULL, &error));
  INVALID_ARGUMENT(zka_exchange_put(NULL, NULL, &error));
  INVALID_ARGUMENT(zka_exchange_put("t", NULL, &error));
  INVALID_ARGUMENT(zka_exchange_get(NULL, &out, &error));
  INVALID_ARGUMENT(zka_exchange_get("t", NULL, &error));
  INVALID_ARGUMENT(zka_exchange_remove(NULL, &error));
  INVALID_ARGUMENT(zka_echo_stream(NULL, &out, &error));
  REQUIRE(out.release == NULL);
  table_stream(&stream);
  INVALID_ARGUMENT(zka_echo_stream(&stream, NULL, &error));
  INVALID_ARGUMENT(zka_exchange_put("", &stream, &error));
  INVALID_ARGUMENT(zka_exchange_put("\xff\xfe", &stream, &error));
  /* a name is refused before anything is read for it */
  struct ArrowArray batch;
  REQUIRE(stream.get_next(&stream, &batch) == 0 && batch.release != NULL);
  batch.release(&batch);
  stream.release(&stream);
}

static void bad_open(void) {
  zka_client* client = (zka_client*)&client;
  zka_client_options options = ZKA_CLIENT_OPTIONS_INIT;
  INVALID_ARGUMENT(zka_client_open(NULL, NULL, NOW, NULL, &client, &error));
  REQUIRE(client == NULL);
  INVALID_ARGUMENT(zka_client_open("zk://127.0.0.1:1", NULL, NOW, NULL, NULL, &error));
  INVALID_ARGUMENT(zka_client_open("\xff\xfe", NULL, NOW, NULL, &client, &error));
  options.struct_size = 0;
  INVALID_ARGUMENT(zka_client_open("zk://127.0.0.1:1", &options, NOW, NULL, &client, &error));
  options.struct_size = sizeof(options);
  options.inline_max = 1 << 30;
  INVALID_ARGUMENT(zka_client_open("zk://127.0.0.1:1", &options, NOW, NULL, &client, &error));
  options.inline_max = -1;
  options.session_timeout_ms = -1;
  INVALID_ARGUMENT(zka_client_open("zk://127.0.0.1:1", &options, NOW, NULL, &client, &error));
  options.session_timeout_ms = 0;
  options.space_limit = -1;
  INVALID_ARGUMENT(zka_client_open("zk://127.0.0.1:1", &options, NOW, NULL, &client, &error));
  /* what lies behind the struct of an older caller is not looked at */
  options.disk_dir = "\xff\xfe";
  options.struct_size = offsetof(zka_client_options, disk_dir);
  REQUIRE(gives(zka_client_open("zk://127.0.0.1:1", &options, SOON, NULL, &client, &error), ZKA_UNAVAILABLE));
  options.code_tag = "\xff\xfe";
  options.struct_size = offsetof(zka_client_options, code_tag);
  REQUIRE(gives(zka_client_open("zk://127.0.0.1:1", &options, SOON, NULL, &client, &error), ZKA_UNAVAILABLE));
  INVALID_HANDLE(zka_client_open("zk://127.0.0.1:1", NULL, NOW, (zka_cancel*)&options, &client, &error));
  REQUIRE(client == NULL);
}

/* Loans, with a handle that is none. */
static void loan_with_handle(void* handle) {
  zka_loan* loan = handle;
  zka_loan* out_loan = handle;
  zka_version_info version = ZKA_VERSION_INFO_INIT;
  struct ArrowArrayStream stream;
  struct ArrowSchema schema;
  struct ArrowArray batch;
  void* bytes = handle;

  table_stream(&stream);
  REQUIRE(stream.get_schema(&stream, &schema) == 0);
  INVALID_HANDLE(zka_loan_open(handle, &schema, 3, NULL, &batch, &out_loan, &error));
  REQUIRE(batch.release == NULL && out_loan == NULL && schema.release != NULL);
  schema.release(&schema);
  REQUIRE(stream.get_next(&stream, &batch) == 0);
  INVALID_HANDLE(zka_loan_publish(loan, "t", &batch, NULL, SOON, NULL, &version, &error));
  REQUIRE(batch.release != NULL);
  batch.release(&batch);
  stream.release(&stream);
  INVALID_HANDLE(zka_loan_alloc(loan, 64, &bytes, &error));
  REQUIRE(bytes == NULL);
  INVALID_HANDLE(zka_loan_open(handle, NULL, 3, NULL, NULL, NULL, &error));
  INVALID_HANDLE(zka_loan_alloc(loan, 64, NULL, &error));
  REQUIRE(zka_loan_close(loan) == (handle == NULL ? ZKA_OK : ZKA_INVALID_HANDLE));
}

/* Owners, with a handle that is none. */
static void owner_with_handle(void* handle) {
  zka_owner* owner = handle;
  zka_owner* out_owner = handle;
  uint64_t epoch = 7;
  int32_t state = 7;
  INVALID_HANDLE(zka_owner_acquire(handle, "t", NULL, SOON, NULL, &out_owner, &error));
  REQUIRE(out_owner == NULL);
  INVALID_HANDLE(zka_owner_epoch(owner, &epoch, &error));
  INVALID_HANDLE(zka_owner_state(owner, &state, &error));
  REQUIRE(epoch == 0 && state == 0);
  INVALID_HANDLE(zka_owner_wait(owner, ZKA_OWNER_CONNECTED, SOON, NULL, &state, &error));
  INVALID_HANDLE(zka_owner_release(owner, SOON, NULL, &error));
  INVALID_ARGUMENT(zka_owner_acquire(handle, "t", NULL, SOON, NULL, NULL, &error));
  REQUIRE(zka_owner_close(owner) == (handle == NULL ? ZKA_OK : ZKA_INVALID_HANDLE));
}

/* Every function that takes a handle, with one that is no client, table or subscription. */
static void with_handle(void* handle) {
  zka_client* client = handle;
  zka_table* table = handle;
  zka_subscription* subscription = handle;
  struct ArrowArrayStream stream, out;
  struct ArrowSchema schema;
  zka_version_info version = ZKA_VERSION_INFO_INIT;
  zka_table* out_table = handle;
  zka_subscription* out_subscription = handle;
  int32_t state = 7;
  uint64_t skipped = 7;
  const char* reason = "x";
  loan_with_handle(handle);
  owner_with_handle(handle);

  INVALID_HANDLE(zka_client_state(client, &state, &error));
  REQUIRE(state == 0);
  INVALID_HANDLE(zka_client_set_option(client, "inline_max", "1", &error));
  table_stream(&stream);
  INVALID_HANDLE(zka_dataset_publish(client, "t", &stream, NULL, SOON, NULL, &version, &error));
  REQUIRE(stream.release != NULL);
  stream.release(&stream);
  INVALID_HANDLE(zka_dataset_read(client, "t", NULL, SOON, NULL, &out_table, &error));
  REQUIRE(out_table == NULL);
  INVALID_HANDLE(zka_dataset_stat(client, "t", 0, SOON, NULL, &version, &error));
  INVALID_HANDLE(zka_dataset_list(client, NULL, SOON, NULL, &out, &error));
  REQUIRE(out.release == NULL);
  INVALID_HANDLE(zka_dataset_history(client, "t", SOON, NULL, &out, &error));
  INVALID_HANDLE(zka_dataset_drop(client, "t", 0, SOON, NULL, &error));
  INVALID_HANDLE(zka_table_stream(table, &out, &error));
  REQUIRE(out.release == NULL);
  INVALID_HANDLE(zka_table_schema(table, &schema, &error));
  REQUIRE(schema.release == NULL);
  INVALID_HANDLE(zka_table_version(table, &version, &error));
  INVALID_HANDLE(zka_table_copy_reason(table, &reason, &error));
  REQUIRE(reason == NULL);
  INVALID_HANDLE(zka_subscription_open(client, "t", 0, &out_subscription, &error));
  REQUIRE(out_subscription == NULL);
  INVALID_HANDLE(zka_subscription_next(subscription, SOON, NULL, &version, &skipped, &error));
  REQUIRE(skipped == 0);
  /* the same without anywhere to put the sentence */
  REQUIRE(zka_client_state(client, &state, NULL) == ZKA_INVALID_HANDLE);
  REQUIRE(zka_table_close(table) == (handle == NULL ? ZKA_OK : ZKA_INVALID_HANDLE));
  REQUIRE(zka_client_close(client) == (handle == NULL ? ZKA_OK : ZKA_INVALID_HANDLE));
  REQUIRE(zka_subscription_close(subscription) == (handle == NULL ? ZKA_OK : ZKA_INVALID_HANDLE));
}

static void handles(void) {
  char garbage[256];
  zka_cancel *open, *closed;
  memset(garbage, 0x5a, sizeof(garbage));
  REQUIRE(zka_cancel_create(&open, &error) == ZKA_OK);
  REQUIRE(zka_cancel_create(&closed, &error) == ZKA_OK);
  zka_cancel_free(closed);

  with_handle(NULL);
  with_handle(garbage);
  with_handle((void*)(uintptr_t)1);
  with_handle((void*)UINTPTR_MAX);
  with_handle(open); /* of another kind */
  with_handle(closed);
  REQUIRE(zka_cancel_fire(NULL) == ZKA_INVALID_HANDLE);
  REQUIRE(zka_cancel_fire(closed) == ZKA_INVALID_HANDLE);
  REQUIRE(zka_cancel_fire((zka_cancel*)garbage) == ZKA_INVALID_HANDLE);
  zka_cancel_free(NULL);
  zka_cancel_free(closed);
  zka_cancel_free((zka_cancel*)garbage);
  REQUIRE(zka_cancel_fire(open) == ZKA_OK);
  zka_cancel_free(open);
}

static void streams(void) {
  struct ArrowArrayStream stream, out;
  memset(&stream, 0, sizeof(stream));
  INVALID_ARGUMENT(zka_echo_stream(&stream, &out, &error));
  INVALID_ARGUMENT(zka_exchange_put("t", &stream, &error));

  failing_stream(&stream);
  INVALID_ARGUMENT(zka_echo_stream(&stream, &out, &error));
  REQUIRE(strstr(error.message, "disk on fire") != NULL);
  REQUIRE(out.release == NULL && stream.release != NULL);
  stream.release(&stream);

  schemaless_stream(&stream);
  INVALID_ARGUMENT(zka_exchange_put("t", &stream, &error));
  stream.release(&stream);
  REQUIRE(gives(zka_exchange_get("t", &out, &error), ZKA_NOT_FOUND));

  for (int how = 0; how < SPOILED_COUNT; ++how) {
    spoiled_stream(&stream, how);
    const zka_status status = zka_echo_stream(&stream, &out, &error);
    if (status != ZKA_SCHEMA_MISMATCH && !gives(status, ZKA_INVALID_ARGUMENT)) {
      fprintf(stderr, "the batch was spoiled in way %d\n", how);
      exit(1);
    }
    REQUIRE(out.release == NULL && stream.release != NULL);
    stream.release(&stream);
  }
  REQUIRE(table_alive() == 0);
}

int main(void) {
  zka_counters before = ZKA_COUNTERS_INIT, after = ZKA_COUNTERS_INIT;
  REQUIRE(zka__counters(&before, &error) == ZKA_OK);
  library_functions();
  null_arguments();
  bad_open();
  handles();
  streams();
  REQUIRE(zka__counters(&after, &error) == ZKA_OK);
  REQUIRE(memcmp(&before, &after, sizeof(before)) == 0);
  if (error.release != NULL) error.release(&error);
  return 0;
}
