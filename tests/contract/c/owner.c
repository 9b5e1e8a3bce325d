#include "owner.h"

#include <string.h>

static const char* const states[] = {"", "connected", "suspended", "lost", "released"};

static const char* text(const cJSON* request, const char* field) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, field));
}

zka_status owner_acquire(zka_client* client, const cJSON* request, int64_t timeout_ms, zka_owner** out, cJSON* answer,
                         zka_error* error) {
  zka_owner_options options = ZKA_OWNER_OPTIONS_INIT;
  if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(request, "take_over"))) options.flags = ZKA_OWNER_TAKE_OVER;
  zka_status status = zka_owner_acquire(client, text(request, "name"), &options, timeout_ms, NULL, out, error);
  return status == ZKA_OK ? owner_describe(*out, answer, error) : status;
}

zka_status owner_describe(zka_owner* owner, cJSON* answer, zka_error* error) {
  uint64_t epoch;
  int32_t state;
  zka_status status = zka_owner_epoch(owner, &epoch, error);
  if (status == ZKA_OK) status = zka_owner_state(owner, &state, error);
  if (status != ZKA_OK) return status;
  cJSON_AddNumberToObject(answer, "epoch", (double)epoch);
  cJSON_AddStringToObject(answer, "state", states[state]);
  return ZKA_OK;
}

zka_status owner_wait(zka_owner* owner, const cJSON* request, int64_t timeout_ms, cJSON* answer, zka_error* error) {
  int32_t state = 4;
  while (state > 0 && strcmp(states[state], text(request, "from")) != 0) --state;
  zka_status status = zka_owner_wait(owner, state, timeout_ms, NULL, &state, error);
  if (status == ZKA_OK) cJSON_AddStringToObject(answer, "state", states[state]);
  return status;
}
