#include "history.h"

#include <string.h>

static const char* const policies[] = {"", "none", "backward", "forward", "full", "exact"};
static const char* const lifetimes[] = {"", "persistent", "session", "ttl"};

static int64_t integer_of(const cJSON* request, const char* field, int64_t otherwise) {
  const cJSON* found = cJSON_GetObjectItemCaseSensitive(request, field);
  return found != NULL ? (int64_t)found->valuedouble : otherwise;
}

static int32_t index_of(const cJSON* request, const char* field, const char* const* names, int32_t count) {
  const char* name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, field));
  for (int32_t i = 1; name != NULL && i < count; ++i) {
    if (strcmp(names[i], name) == 0) return i;
  }
  return 0;
}

void attach(const cJSON* request, zka_publish_options* options) {
  static const char* tags[64];
  static const char* metadata[128];
  const cJSON* item;
  cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(request, "tags")) {
    if (options->n_tags < 64) tags[options->n_tags++] = item->valuestring;
  }
  cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(request, "metadata")) {
    if (options->n_metadata >= 64) break;
    metadata[2 * options->n_metadata] = item->string;
    metadata[2 * options->n_metadata++ + 1] = item->valuestring;
  }
  options->tags = tags;
  options->metadata = metadata;
  options->ttl_ms = integer_of(request, "ttl_ms", 0);
  options->lifetime = options->ttl_ms != 0 ? ZKA_LIFETIME_TTL : index_of(request, "lifetime", lifetimes, 4);
}

void dataset_options(const cJSON* request, zka_dataset_options* options) {
  const zka_dataset_options fresh = ZKA_DATASET_OPTIONS_INIT;
  *options = fresh;
  options->schema_policy = index_of(request, "schema_policy", policies, 6);
  options->keep_versions = integer_of(request, "keep_versions", -1);
  options->keep_age_ms = integer_of(request, "keep_age_ms", -1);
  options->keep_bytes = integer_of(request, "keep_bytes", -1);
  options->ttl_ms = integer_of(request, "ttl_ms", -1);
}

void add_description(cJSON* answer, const zka_dataset_description* told) {
  cJSON_AddNumberToObject(answer, "head", (double)told->head);
  cJSON_AddNumberToObject(answer, "versions", (double)told->versions);
  cJSON_AddNumberToObject(answer, "bytes", (double)told->nbytes);
  cJSON_AddNumberToObject(answer, "keep_versions", (double)told->keep_versions);
  cJSON_AddNumberToObject(answer, "keep_age_ms", (double)told->keep_age_ms);
  cJSON_AddNumberToObject(answer, "keep_bytes", (double)told->keep_bytes);
  cJSON_AddStringToObject(answer, "schema_policy", policies[told->schema_policy]);
  cJSON_AddStringToObject(answer, "lifetime", lifetimes[told->lifetime]);
  cJSON_AddNumberToObject(answer, "ttl_ms", (double)told->ttl_ms);
  cJSON_AddBoolToObject(answer, "owned", told->owned);
}
