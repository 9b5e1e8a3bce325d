/* Owners: ops "own", "owner", "owner_wait" and "release" of the contract. */
#ifndef CONTRACT_OWNER_H
#define CONTRACT_OWNER_H
#include <cjson/cJSON.h>
#include <zkarrow/zkarrow.h>

zka_status owner_acquire(zka_client* client, const cJSON* request, int64_t timeout_ms, zka_owner** out, cJSON* answer,
                         zka_error* error);
/* Adds what is known of an owner to an answer. */
zka_status owner_describe(zka_owner* owner, cJSON* answer, zka_error* error);
/* Waits until the state is another one than the request's "from". */
zka_status owner_wait(zka_owner* owner, const cJSON* request, int64_t timeout_ms, cJSON* answer, zka_error* error);

#endif
