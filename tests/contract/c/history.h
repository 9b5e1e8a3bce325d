/* Options of datasets and versions out of requests, and what is told of datasets into answers. */
#ifndef HISTORY_H
#define HISTORY_H

#include <cjson/cJSON.h>
#include <zkarrow/zkarrow.h>

/* Tags, metadata and lifetime; what they point to lives until the next call. */
void attach(const cJSON* request, zka_publish_options* options);

void dataset_options(const cJSON* request, zka_dataset_options* options);

void add_description(cJSON* answer, const zka_dataset_description* told);

#endif
