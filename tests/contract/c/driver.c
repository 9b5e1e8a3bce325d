/* The C driver of the contract suite: tests/contract/README.md. */
#define _POSIX_C_SOURCE 200809L
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zkarrow/zkarrow.h>

#include "digest.h"
#include "history.h"
#include "lists.h"
#include "loan.h"
#include "make.h"
#include "misuse.h"
#include "owner.h"

/* What is kept between requests: one client, and tables and subscriptions under keys. */

typedef struct {
  char key[32];
  zka_table* table;
  zka_subscription* subscription;
  zka_owner* owner;
  loaned loan;
  zka_transaction* transaction;
  char staged[8][32]; /* the datasets of the transaction */
  zka_snapshot* snapshot;
} kept;

static zka_client* client;
static char url[512];
static char data_dir[512];
static char code_tag[256];
static char disk_dir[512];
static int64_t space_limit;
static kept keeps[32];

static kept* keep_of(const char* key) {
  for (size_t i = 0; i < sizeof(keeps) / sizeof(*keeps); ++i) {
    if (strcmp(keeps[i].key, key) == 0) return &keeps[i];
  }
  return NULL;
}

static kept* new_keep(const char* key) {
  kept* slot = keep_of("");
  if (slot == NULL) {
    fputs("driver: too many keys\n", stderr);
    exit(2);
  }
  snprintf(slot->key, sizeof(slot->key), "%s", key);
  return slot;
}

/* Requests: an absent field takes the library's default. */

static const char* text(const cJSON* request, const char* field) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, field));
}

static int64_t number(const cJSON* request, const char* field, int64_t absent) {
  const cJSON* item = cJSON_GetObjectItemCaseSensitive(request, field);
  return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : absent;
}

static int is_true(const cJSON* request, const char* field) {
  return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(request, field));
}

static int64_t deadline(const cJSON* request) { return number(request, "timeout_ms", 30000); }

/* Answers */

static zka_status fail(zka_error* error, zka_status status, const char* message) {
  if (error->release != NULL) error->release(error);
  error->status = status;
  error->message = strdup(message);
  return status;
}

static void add_number(cJSON* answer, const char* field, int64_t value) {
  cJSON_AddNumberToObject(answer, field, (double)value);
}

static const char* const residencies[] = {"auto", "inline", "host", "disk", "process"};

static void add_version_as(cJSON* answer, const char* name, const zka_version_info* info) {
  cJSON* version = cJSON_AddObjectToObject(answer, name);
  add_number(version, "number", (int64_t)info->number);
  add_number(version, "rows", info->rows);
  add_number(version, "nbytes", info->nbytes);
  add_number(version, "epoch", (int64_t)info->epoch);
  cJSON_AddStringToObject(version, "commit_id", info->commit_id);
  cJSON_AddStringToObject(version, "schema_id", info->schema_id);
  cJSON_AddStringToObject(version, "residency", residencies[info->residency]);
  add_number(version, "commit_number", info->commit_number);
}

static void add_version(cJSON* answer, const zka_version_info* info) { add_version_as(answer, "version", info); }

static zka_status add_digest(cJSON* answer, zka_table* table, zka_error* error) {
  struct ArrowArrayStream stream;
  digest result;
  zka_status status = zka_table_stream(table, &stream, error);
  if (status != ZKA_OK) return status;
  status = digest_stream(&stream, &result, NULL);
  if (status != ZKA_OK) return fail(error, status, result.problem);
  cJSON_AddStringToObject(answer, "digest", result.hex);
  add_number(answer, "batches", result.batches);
  return ZKA_OK;
}

/* Operations */

static zka_status open_client(zka_client** out, int64_t session_timeout_ms, int64_t timeout_ms, zka_error* error) {
  zka_client_options options = ZKA_CLIENT_OPTIONS_INIT;
  options.session_timeout_ms = (int32_t)session_timeout_ms;
  options.code_tag = code_tag[0] != '\0' ? code_tag : NULL;
  options.data_dir = data_dir[0] != '\0' ? data_dir : NULL;
  options.disk_dir = disk_dir[0] != '\0' ? disk_dir : NULL;
  options.space_limit = space_limit;
  return zka_client_open(url, &options, timeout_ms, NULL, out, error);
}

static zka_status do_open(const cJSON* request, cJSON* answer, zka_error* error) {
  (void)answer;
  snprintf(url, sizeof(url), "%s", text(request, "url"));
  snprintf(data_dir, sizeof(data_dir), "%s", text(request, "data_dir") != NULL ? text(request, "data_dir") : "");
  snprintf(code_tag, sizeof(code_tag), "%s", text(request, "code_tag") != NULL ? text(request, "code_tag") : "");
  snprintf(disk_dir, sizeof(disk_dir), "%s", text(request, "disk_dir") != NULL ? text(request, "disk_dir") : "");
  space_limit = number(request, "space_limit", 0);
  return open_client(&client, number(request, "session_timeout_ms", 0), deadline(request), error);
}

static zka_status do_close(const cJSON* request, cJSON* answer, zka_error* error) {
  (void)request, (void)answer, (void)error;
  zka_status status = zka_client_close(client);
  client = NULL;
  return status;
}

static zka_status do_state(const cJSON* request, cJSON* answer, zka_error* error) {
  static const char* const names[] = {"", "connected", "suspended", "lost", "closed"};
  int32_t state;
  (void)request;
  zka_status status = zka_client_state(client, &state, error);
  if (status == ZKA_OK) cJSON_AddStringToObject(answer, "state", names[state]);
  return status;
}

static int kind_of(const cJSON* make) {
  static const char* const kinds[] = {"int64", "mixed", "half", "mismatched", "views"};
  for (int kind = 0; kind < 5; ++kind) {
    if (strcmp(text(make, "kind"), kinds[kind]) == 0) return kind;
  }
  return -1;
}

static int make_of(const cJSON* request, struct ArrowArrayStream* out, make_record* record) {
  const cJSON* make = cJSON_GetObjectItemCaseSensitive(request, "make");
  const int kind = kind_of(make);
  if (kind < 0) return 0;
  make_stream(out, (make_kind)kind, number(make, "rows", 0), number(make, "seed", 0), number(make, "batches", 1),
              record);
  return 1;
}

static zka_owner* owner_of(const cJSON* request, const char* field) {
  const kept* keep = text(request, field) != NULL ? keep_of(text(request, field)) : NULL;
  return keep != NULL ? keep->owner : NULL;
}

static void publish_options(const cJSON* request, zka_publish_options* options) {
  options->owner = owner_of(request, "owner");
  const char* residency = text(request, "residency");
  options->expected_version = number(request, "expected_version", ZKA_ANY_VERSION);
  if (is_true(request, "same_schema")) options->flags = ZKA_PUBLISH_SAME_SCHEMA;
  for (int32_t known = ZKA_RESIDENCY_INLINE; known <= ZKA_RESIDENCY_PROCESS; ++known)
    if (residency != NULL && strcmp(residency, residencies[known]) == 0) options->residency = known;
  attach(request, options);
}

typedef zka_status commit_function(zka_client*, const char*, struct ArrowArrayStream*, const zka_publish_options*,
                                   int64_t, zka_cancel*, zka_version_info*, zka_error*);

static zka_status commit(commit_function* function, const cJSON* request, const char* name,
                         struct ArrowArrayStream* stream, cJSON* answer, zka_error* error) {
  zka_publish_options options = ZKA_PUBLISH_OPTIONS_INIT;
  zka_version_info version = ZKA_VERSION_INFO_INIT;
  publish_options(request, &options);
  zka_status status = function(client, name, stream, &options, deadline(request), NULL, &version, error);
  if (status == ZKA_OK) {
    if (stream->release != NULL) return fail(error, ZKA_INTERNAL, "ZKA_OK did not consume the stream");
    add_version(answer, &version);
  } else {
    if (stream->release == NULL) return fail(error, ZKA_INTERNAL, "a failure consumed the stream");
    stream->release(stream);
  }
  return status;
}

static zka_status do_publish(const cJSON* request, cJSON* answer, zka_error* error) {
  struct ArrowArrayStream stream;
  if (!make_of(request, &stream, NULL)) return fail(error, ZKA_UNSUPPORTED, "unknown kind of table");
  return commit(zka_dataset_publish, request, text(request, "name"), &stream, answer, error);
}

static zka_status do_append(const cJSON* request, cJSON* answer, zka_error* error) {
  struct ArrowArrayStream stream;
  if (!make_of(request, &stream, NULL)) return fail(error, ZKA_UNSUPPORTED, "unknown kind of table");
  return commit(zka_dataset_append, request, text(request, "name"), &stream, answer, error);
}

static zka_status read_table(const cJSON* request, const char* name, zka_table** out, zka_error* error) {
  zka_read_options options = ZKA_READ_OPTIONS_INIT;
  options.version = (uint64_t)number(request, "version", 0);
  options.as_of_commit_number = number(request, "as_of_commit_number", 0);
  options.as_of_us = number(request, "as_of_us", 0);
  options.as_of_commit_id = text(request, "as_of_commit_id");
  options.tag = text(request, "tag");
  options.flags = (is_true(request, "strict") ? ZKA_READ_STRICT : 0u) |
                  (is_true(request, "wait") ? ZKA_READ_WAIT : 0u) |
                  (is_true(request, "validate_full") ? ZKA_READ_VALIDATE_FULL : 0u);
  return zka_dataset_read(client, name, &options, deadline(request), NULL, out, error);
}

static zka_status do_relay(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_table* table;
  struct ArrowArrayStream stream;
  zka_status status = read_table(request, text(request, "from"), &table, error);
  if (status != ZKA_OK) return status;
  status = zka_table_stream(table, &stream, error);
  zka_table_close(table);
  if (status != ZKA_OK) return status;
  return commit(zka_dataset_publish, request, text(request, "to"), &stream, answer, error);
}

static zka_status describe_table(zka_table* table, cJSON* answer, zka_error* error) {
  zka_version_info version = ZKA_VERSION_INFO_INIT;
  const char* reason;
  zka_status status = zka_table_version(table, &version, error);
  if (status == ZKA_OK) status = zka_table_copy_reason(table, &reason, error);
  if (status != ZKA_OK) return status;
  add_version(answer, &version);
  cJSON_AddBoolToObject(answer, "zero_copy", reason == NULL);
  if (reason != NULL) cJSON_AddStringToObject(answer, "copy_reason", reason);
  if (reason == NULL) cJSON_AddNullToObject(answer, "copy_reason");
  return add_digest(answer, table, error);
}

static zka_status do_read(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_table* table;
  zka_status status = read_table(request, text(request, "name"), &table, error);
  if (status != ZKA_OK) return status;
  status = describe_table(table, answer, error);
  zka_table_close(table);
  return status;
}

static zka_status do_hold(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_table* table;
  (void)answer;
  zka_status status = read_table(request, text(request, "name"), &table, error);
  if (status == ZKA_OK) new_keep(text(request, "as"))->table = table;
  return status;
}

static zka_status do_digest(const cJSON* request, cJSON* answer, zka_error* error) {
  const kept* keep = keep_of(text(request, "of"));
  return add_digest(answer, keep != NULL ? keep->table : NULL, error);
}

static zka_status publish_loan(const cJSON* request, loaned* held, cJSON* answer, zka_error* error) {
  zka_publish_options options = ZKA_PUBLISH_OPTIONS_INIT;
  zka_version_info version = ZKA_VERSION_INFO_INIT;
  publish_options(request, &options);
  zka_status status = zka_loan_publish(held->loan, text(request, "name"), &held->batch, &options, deadline(request),
                                       NULL, &version, error);
  if (status == ZKA_OK) add_version(answer, &version);
  return status;
}

static zka_status do_loan(const cJSON* request, cJSON* answer, zka_error* error) {
  const cJSON* make = cJSON_GetObjectItemCaseSensitive(request, "make");
  const int64_t rows = number(make, "rows", 0);
  loaned held;
  zka_status status = loan_make(client, (make_kind)kind_of(make), rows, number(make, "seed", 0),
                                number(request, "room", rows), number(request, "var_bytes", 2 * rows), &held, error);
  if (status != ZKA_OK) return status;
  if (text(request, "as") != NULL) {
    new_keep(text(request, "as"))->loan = held;
    return ZKA_OK;
  }
  status = publish_loan(request, &held, answer, error);
  loan_end(&held);
  return status;
}

static zka_status do_loan_publish(const cJSON* request, cJSON* answer, zka_error* error) {
  return publish_loan(request, &keep_of(text(request, "of"))->loan, answer, error);
}

static zka_status do_own(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_owner* owner;
  zka_status status = owner_acquire(client, request, deadline(request), &owner, answer, error);
  if (status == ZKA_OK) new_keep(text(request, "as"))->owner = owner;
  return status;
}

static zka_status do_owner(const cJSON* request, cJSON* answer, zka_error* error) {
  return owner_describe(owner_of(request, "of"), answer, error);
}

static zka_status do_owner_wait(const cJSON* request, cJSON* answer, zka_error* error) {
  return owner_wait(owner_of(request, "of"), request, deadline(request), answer, error);
}

static zka_status do_release(const cJSON* request, cJSON* answer, zka_error* error) {
  (void)answer;
  return zka_owner_release(owner_of(request, "of"), deadline(request), NULL, error);
}

static zka_status do_begin(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_transaction* transaction;
  (void)answer;
  zka_status status = zka_transaction_open(client, &transaction, error);
  if (status == ZKA_OK) new_keep(text(request, "as"))->transaction = transaction;
  return status;
}

static zka_status do_stage(const cJSON* request, cJSON* answer, zka_error* error) {
  kept* keep = keep_of(text(request, "of"));
  struct ArrowArrayStream stream;
  zka_publish_options options = ZKA_PUBLISH_OPTIONS_INIT;
  (void)answer;
  if (!make_of(request, &stream, NULL)) return fail(error, ZKA_UNSUPPORTED, "unknown kind of table");
  publish_options(request, &options);
  zka_status status = (is_true(request, "append") ? zka_transaction_append : zka_transaction_publish)(
      keep->transaction, text(request, "name"), &stream, &options, deadline(request), NULL, error);
  if (status != ZKA_OK) {
    if (stream.release == NULL) return fail(error, ZKA_INTERNAL, "a failure consumed the stream");
    stream.release(&stream);
    return status;
  }
  if (stream.release != NULL) return fail(error, ZKA_INTERNAL, "ZKA_OK did not consume the stream");
  size_t i = 0;
  while (keep->staged[i][0] != '\0') ++i;
  snprintf(keep->staged[i], sizeof(keep->staged[i]), "%s", text(request, "name"));
  return ZKA_OK;
}

static zka_status do_commit(const cJSON* request, cJSON* answer, zka_error* error) {
  kept* keep = keep_of(text(request, "of"));
  zka_status status = zka_transaction_commit(keep->transaction, deadline(request), NULL, error);
  cJSON* versions = cJSON_AddObjectToObject(answer, "versions");
  for (size_t i = 0; status == ZKA_OK && keep->staged[i][0] != '\0'; ++i) {
    zka_version_info version = ZKA_VERSION_INFO_INIT;
    status = zka_transaction_version(keep->transaction, keep->staged[i], &version, error);
    if (status == ZKA_OK) add_version_as(versions, keep->staged[i], &version);
  }
  return status;
}

/* What the list says of a dataset must be what its version says. */
static zka_status add_cut(cJSON* answer, zka_snapshot* snapshot, zka_error* error) {
  struct ArrowArrayStream stream;
  cJSON* list = cJSON_CreateArray();
  const cJSON* row;
  zka_status status = zka_snapshot_versions(snapshot, &stream, error);
  if (status == ZKA_OK && !add_datasets(list, &stream)) status = fail(error, ZKA_INTERNAL, "the list failed half-way");
  cJSON* versions = cJSON_AddObjectToObject(answer, "versions");
  cJSON_ArrayForEach(row, list) {
    zka_version_info version = ZKA_VERSION_INFO_INIT;
    if (status == ZKA_OK) status = zka_snapshot_version(snapshot, text(row, "name"), &version, error);
    if (status != ZKA_OK) break;
    if ((int64_t)version.number != number(row, "version", 0))
      status = fail(error, ZKA_INTERNAL, "the list of the snapshot and its version differ");
    add_version_as(versions, text(row, "name"), &version);
  }
  cJSON_Delete(list);
  return status;
}

static zka_status do_snapshot(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_snapshot_options options = ZKA_SNAPSHOT_OPTIONS_INIT;
  const cJSON* array = cJSON_GetObjectItemCaseSensitive(request, "names");
  const cJSON* name;
  const char* names[8] = {NULL};
  int64_t count = 0;
  int64_t commit_number;
  zka_snapshot* snapshot;
  cJSON_ArrayForEach(name, array) names[count++] = cJSON_GetStringValue(name);
  options.as_of_commit_number = number(request, "as_of_commit_number", 0);
  options.as_of_us = number(request, "as_of_us", 0);
  options.as_of_commit_id = text(request, "as_of_commit_id");
  zka_status status = zka_snapshot_open(client, array != NULL ? names : NULL, count, &options, deadline(request), NULL,
                                        &snapshot, error);
  if (status != ZKA_OK) return status;
  new_keep(text(request, "as"))->snapshot = snapshot;
  status = zka_snapshot_commit_number(snapshot, &commit_number, error);
  add_number(answer, "commit_number", commit_number);
  return status == ZKA_OK ? add_cut(answer, snapshot, error) : status;
}

static zka_status do_snapshot_read(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_table* table;
  zka_status status = zka_snapshot_read(keep_of(text(request, "of"))->snapshot, text(request, "name"), &table, error);
  if (status != ZKA_OK) return status;
  status = describe_table(table, answer, error);
  zka_table_close(table);
  return status;
}

static zka_status do_query(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_query_options options = ZKA_QUERY_OPTIONS_INIT;
  struct ArrowArrayStream stream;
  digest result;
  options.as_of_commit_number = number(request, "as_of_commit_number", 0);
  options.as_of_us = number(request, "as_of_us", 0);
  options.as_of_commit_id = text(request, "as_of_commit_id");
  options.memory_limit = number(request, "memory_limit", 0);
  options.threads = (int32_t)number(request, "threads", 0);
  zka_status status = zka_sql_query(client, text(request, "sql"), &options, deadline(request), NULL, &stream, error);
  if (status != ZKA_OK) return status;
  status = digest_stream(&stream, &result, NULL);
  if (status != ZKA_OK) return fail(error, status, result.problem);
  cJSON_AddStringToObject(answer, "digest", result.hex);
  return ZKA_OK;
}

/* let_go and unsubscribe */
static zka_status do_let_go(const cJSON* request, cJSON* answer, zka_error* error) {
  kept* keep = keep_of(text(request, "of"));
  (void)answer;
  if (keep == NULL) return fail(error, ZKA_INVALID_HANDLE, "nothing is kept under this key");
  zka_status status = keep->table != NULL         ? zka_table_close(keep->table)
                      : keep->loan.loan != NULL   ? loan_end(&keep->loan)
                      : keep->owner != NULL       ? zka_owner_close(keep->owner)
                      : keep->transaction != NULL ? zka_transaction_close(keep->transaction)
                      : keep->snapshot != NULL    ? zka_snapshot_close(keep->snapshot)
                                                  : zka_subscription_close(keep->subscription);
  memset(keep, 0, sizeof(*keep));
  return status;
}

static zka_status do_stat(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_version_info version = ZKA_VERSION_INFO_INIT;
  zka_status status = zka_dataset_stat(client, text(request, "name"), (uint64_t)number(request, "version", 0),
                                       deadline(request), NULL, &version, error);
  if (status == ZKA_OK) add_version(answer, &version);
  return status;
}

static zka_status do_drop(const cJSON* request, cJSON* answer, zka_error* error) {
  (void)answer;
  return zka_dataset_drop(client, text(request, "name"), (uint64_t)number(request, "version", 0), deadline(request),
                          NULL, error);
}

static zka_status do_subscribe(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_subscription* subscription;
  (void)answer;
  zka_status status =
      zka_subscription_open(client, text(request, "name"), (uint64_t)number(request, "after", 0), &subscription, error);
  if (status == ZKA_OK) new_keep(text(request, "as"))->subscription = subscription;
  return status;
}

static zka_status do_next(const cJSON* request, cJSON* answer, zka_error* error) {
  const kept* keep = keep_of(text(request, "of"));
  zka_version_info version = ZKA_VERSION_INFO_INIT;
  uint64_t skipped;
  zka_status status = zka_subscription_next(keep != NULL ? keep->subscription : NULL, deadline(request), NULL, &version,
                                            &skipped, error);
  if (status != ZKA_OK) return status;
  add_version(answer, &version);
  add_number(answer, "skipped", (int64_t)skipped);
  return ZKA_OK;
}

static zka_status do_list(const cJSON* request, cJSON* answer, zka_error* error) {
  struct ArrowArrayStream stream;
  zka_status status = zka_dataset_list(client, text(request, "prefix"), deadline(request), NULL, &stream, error);
  if (status != ZKA_OK) return status;
  if (add_datasets(cJSON_AddArrayToObject(answer, "datasets"), &stream)) return ZKA_OK;
  return fail(error, ZKA_INTERNAL, "the list failed half-way");
}

static zka_status do_history(const cJSON* request, cJSON* answer, zka_error* error) {
  struct ArrowArrayStream stream;
  zka_status status = zka_dataset_history(client, text(request, "name"), deadline(request), NULL, &stream, error);
  if (status != ZKA_OK) return status;
  if (add_history(cJSON_AddArrayToObject(answer, "versions"), &stream)) return ZKA_OK;
  return fail(error, ZKA_INTERNAL, "the history failed half-way");
}

static zka_status do_audit(const cJSON* request, cJSON* answer, zka_error* error) {
  struct ArrowArrayStream stream;
  zka_status status = zka_dataset_history(client, text(request, "name"), deadline(request), NULL, &stream, error);
  if (status != ZKA_OK) return status;
  if (add_audit(cJSON_AddArrayToObject(answer, "versions"), &stream)) return ZKA_OK;
  return fail(error, ZKA_INTERNAL, "the history failed half-way");
}

static zka_status do_configure(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_dataset_options options;
  (void)answer;
  dataset_options(request, &options);
  return zka_dataset_configure(client, text(request, "name"), &options, deadline(request), NULL, error);
}

static zka_status do_describe(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_dataset_description told = ZKA_DATASET_DESCRIPTION_INIT;
  struct ArrowArrayStream tags;
  zka_status status = zka_dataset_describe(client, text(request, "name"), deadline(request), NULL, &told, &tags, error);
  if (status != ZKA_OK) return status;
  add_description(answer, &told);
  if (add_tags(cJSON_AddObjectToObject(answer, "tags"), &tags)) return ZKA_OK;
  return fail(error, ZKA_INTERNAL, "the tags failed half-way");
}

static zka_status do_tag(const cJSON* request, cJSON* answer, zka_error* error) {
  (void)answer;
  return zka_dataset_tag(client, text(request, "name"), (uint64_t)number(request, "version", 0), text(request, "tag"),
                         deadline(request), NULL, error);
}

static zka_status do_untag(const cJSON* request, cJSON* answer, zka_error* error) {
  (void)answer;
  return zka_dataset_untag(client, text(request, "name"), text(request, "tag"), deadline(request), NULL, error);
}

static zka_status do_exchange_echo(const cJSON* request, cJSON* answer, zka_error* error) {
  static make_record made, got;
  struct ArrowArrayStream stream;
  digest result;
  made.count = got.count = 0;
  if (!make_of(request, &stream, &made)) return fail(error, ZKA_UNSUPPORTED, "unknown kind of table");
  zka_status status = zka_exchange_put("contract", &stream, error);
  if (status != ZKA_OK) {
    stream.release(&stream);
    return status;
  }
  status = zka_exchange_get("contract", &stream, error);
  if (status == ZKA_OK) status = zka_exchange_remove("contract", error);
  if (status != ZKA_OK) return status;
  status = digest_stream(&stream, &result, &got);
  if (status != ZKA_OK) return fail(error, status, result.problem);
  cJSON_AddStringToObject(answer, "digest", result.hex);
  cJSON_AddBoolToObject(
      answer, "same_addresses",
      made.count > 0 && made.count == got.count && memcmp(made.buffers, got.buffers, made.count * sizeof(void*)) == 0);
  return ZKA_OK;
}

static zka_status do_misuse(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_client* spare;
  (void)answer;
  zka_status status = open_client(&spare, 0, deadline(request), error);
  if (status != ZKA_OK) return status;
  status = misuse(text(request, "what"), client, spare, error);
  (void)zka_client_close(spare); /* refused when the mistake was to close it */
  return status;
}

static zka_status do_counters(const cJSON* request, cJSON* answer, zka_error* error) {
  zka_counters counters = ZKA_COUNTERS_INIT;
  (void)request;
  zka_status status = zka__counters(&counters, error);
  add_number(answer, "handles", counters.handles);
  add_number(answer, "exported_arrays", counters.exported_arrays);
  add_number(answer, "exported_streams", counters.exported_streams);
  add_number(answer, "exported_schemas", counters.exported_schemas);
  add_number(answer, "batches", counters.batches);
  add_number(answer, "mapped_segments", counters.mapped_segments);
  add_number(answer, "mapped_bytes", counters.mapped_bytes);
  return status;
}

static const struct {
  const char* name;
  zka_status (*run)(const cJSON*, cJSON*, zka_error*);
} operations[] = {
    {"open", do_open},
    {"close", do_close},
    {"state", do_state},
    {"publish", do_publish},
    {"relay", do_relay},
    {"read", do_read},
    {"hold", do_hold},
    {"digest", do_digest},
    {"let_go", do_let_go},
    {"stat", do_stat},
    {"list", do_list},
    {"history", do_history},
    {"drop", do_drop},
    {"subscribe", do_subscribe},
    {"next", do_next},
    {"unsubscribe", do_let_go},
    {"misuse", do_misuse},
    {"exchange_echo", do_exchange_echo},
    {"counters", do_counters},
    {"append", do_append},
    {"audit", do_audit},
    {"configure", do_configure},
    {"describe", do_describe},
    {"tag", do_tag},
    {"untag", do_untag},
    {"loan", do_loan},
    {"loan_publish", do_loan_publish},
    {"own", do_own},
    {"owner", do_owner},
    {"release", do_release},
    {"owner_wait", do_owner_wait},
    {"begin", do_begin},
    {"stage", do_stage},
    {"commit", do_commit},
    {"query", do_query},
    {"snapshot", do_snapshot},
    {"snapshot_read", do_snapshot_read},
};

static zka_status run(const cJSON* request, cJSON* answer, zka_error* error) {
  const char* name = text(request, "op");
  for (size_t i = 0; name != NULL && i < sizeof(operations) / sizeof(*operations); ++i) {
    if (strcmp(operations[i].name, name) == 0) return operations[i].run(request, answer, error);
  }
  return fail(error, ZKA_UNSUPPORTED, "unknown operation");
}

static void answer_line(const char* line) {
  zka_error error = ZKA_ERROR_INIT;
  cJSON* request = cJSON_Parse(line);
  cJSON* answer = cJSON_CreateObject();
  const zka_status status = run(request, answer, &error);
  if (status != ZKA_OK) {
    cJSON_Delete(answer);
    answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "status", zka_status_name(status));
    cJSON_AddStringToObject(answer, "message", error.message != NULL ? error.message : "");
    cJSON_AddBoolToObject(answer, "retryable", (error.flags & ZKA_ERROR_RETRYABLE) != 0);
    cJSON_AddBoolToObject(answer, "outcome_unknown", (error.flags & ZKA_ERROR_OUTCOME_UNKNOWN) != 0);
  }
  cJSON_AddBoolToObject(answer, "ok", status == ZKA_OK);
  char* out = cJSON_PrintUnformatted(answer);
  puts(out);
  fflush(stdout);
  cJSON_free(out);
  cJSON_Delete(answer);
  cJSON_Delete(request);
  if (error.release != NULL) {
    error.release(&error);
  } else {
    free(error.message); /* the driver's own sentence: see fail() */
  }
}

int main(void) {
  char* line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, stdin) > 0) answer_line(line);
  free(line);
  return 0;
}
