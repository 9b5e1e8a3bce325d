#include "misuse.h"

#include <string.h>

#include "make.h"

enum { DEADLINE_MS = 30000 };

static zka_status stat_head(zka_client* client, const char* name, zka_error* error) {
  zka_version_info version = ZKA_VERSION_INFO_INIT;
  return zka_dataset_stat(client, name, 0, DEADLINE_MS, NULL, &version, error);
}

static zka_status publish(zka_client* client, struct ArrowArrayStream* stream, zka_error* error) {
  return zka_dataset_publish(client, "misuse", stream, NULL, DEADLINE_MS, NULL, NULL, error);
}

static zka_status publish_kind(zka_client* client, make_kind kind, zka_error* error) {
  struct ArrowArrayStream stream;
  make_stream(&stream, kind, 3, 0, 1, NULL);
  zka_status status = publish(client, &stream, error);
  if (stream.release != NULL) stream.release(&stream);
  return status;
}

static zka_status table_as_client(zka_client* client, zka_error* error) {
  zka_table* table;
  zka_status status = publish_kind(client, MAKE_INT64, error);
  if (status == ZKA_OK) status = zka_dataset_read(client, "misuse", NULL, DEADLINE_MS, NULL, &table, error);
  if (status != ZKA_OK) return ZKA_INTERNAL;
  status = stat_head((zka_client*)(void*)table, "misuse", error);
  zka_table_close(table);
  return status;
}

zka_status misuse(const char* what, zka_client* client, zka_client* spare, zka_error* error) {
  if (strcmp(what, "null_handle") == 0) return stat_head(NULL, "misuse", error);
  if (strcmp(what, "wrong_handle") == 0) return table_as_client(client, error);
  if (strcmp(what, "closed_client") == 0) {
    zka_client_close(spare);
    return stat_head(spare, "misuse", error);
  }
  if (strcmp(what, "null_name") == 0) return stat_head(client, NULL, error);
  if (strcmp(what, "null_stream") == 0) return publish(client, NULL, error);
  if (strcmp(what, "released_stream") == 0) {
    struct ArrowArrayStream stream;
    memset(&stream, 0, sizeof(stream));
    return publish(client, &stream, error);
  }
  if (strcmp(what, "released_array") == 0) return publish_kind(client, MAKE_RELEASED_CHILD, error);
  return ZKA_UNSUPPORTED;
}
