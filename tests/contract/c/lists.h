/* The streams of zka_dataset_list() and zka_dataset_history() as JSON. */
#ifndef CONTRACT_LISTS_H
#define CONTRACT_LISTS_H

#include <cjson/cJSON.h>
#include <zkarrow/zkarrow.h>

/* Each adds every row to `list` and releases the stream; 0 when the stream failed. */
int add_datasets(cJSON* list, struct ArrowArrayStream* stream);
int add_history(cJSON* list, struct ArrowArrayStream* stream);
/* The same history with where each version comes from. */
int add_audit(cJSON* list, struct ArrowArrayStream* stream);
/* Tags as the fields of an object. */
int add_tags(cJSON* object, struct ArrowArrayStream* stream);

#endif
