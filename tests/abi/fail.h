/* One way to fail for the programs of tests/abi. */
#ifndef ABI_FAIL_H
#define ABI_FAIL_H

#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(condition)                                                    \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                \
    }                                                                         \
  } while (0)

#endif
