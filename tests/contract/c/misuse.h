/* The mistakes only C can make: "misuse" of tests/contract/README.md. */
#ifndef CONTRACT_MISUSE_H
#define CONTRACT_MISUSE_H

#include <zkarrow/zkarrow.h>

/* Makes one mistake; `client` is open, `spare` is another one of the same namespace, closed by "closed_client". */
zka_status misuse(const char* what, zka_client* client, zka_client* spare, zka_error* error);

#endif
