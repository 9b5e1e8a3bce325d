/* Loans, written in place: op "loan" of tests/contract/README.md. */
#ifndef CONTRACT_LOAN_H
#define CONTRACT_LOAN_H

#include <zkarrow/zkarrow.h>

#include "make.h"

typedef struct {
  zka_loan* loan;
  struct ArrowArray batch;
} loaned;

/* Opens a loan of `room` rows and writes a table of `rows` rows into it. */
zka_status loan_make(zka_client* client, make_kind kind, int64_t rows, int64_t seed, int64_t room, int64_t var_bytes,
                     loaned* out, zka_error* error);

/* Closes a loan and releases its batch. */
zka_status loan_end(loaned* held);

#endif
