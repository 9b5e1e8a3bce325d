/* DIGEST of tests/contract/README.md, from the Arrow buffers themselves. */
#ifndef CONTRACT_DIGEST_H
#define CONTRACT_DIGEST_H

#include <zkarrow/zkarrow.h>

#include "make.h"

typedef struct {
  char hex[17];
  int64_t batches;
  char problem[256]; /* why there is no digest */
} digest;

/* Reads a stream to its end and releases it; `record` (may be NULL) gets its buffers. */
zka_status digest_stream(struct ArrowArrayStream* stream, digest* out, make_record* record);

#endif
