#define _GNU_SOURCE
#include "zkfork.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* Each is a descriptor plus one, 0 for a free place: a child takes no lock. */
static atomic_int noted[ZKFORK_DESCRIPTORS];
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int failure;

static void close_noted(void) {
  for (int i = 0; i < ZKFORK_DESCRIPTORS; ++i) {
    const int descriptor = atomic_exchange(&noted[i], 0) - 1;
    if (descriptor >= 0) close(descriptor);
  }
}

static void install(void) { failure = pthread_atfork(NULL, NULL, close_noted); }

int32_t zkfork_close(int32_t descriptor) {
  pthread_once(&once, install);
  if (failure != 0) return failure;
  for (int i = 0; i < ZKFORK_DESCRIPTORS; ++i) {
    int free_place = 0;
    if (atomic_compare_exchange_strong(&noted[i], &free_place, descriptor + 1)) return 0;
  }
  return ENOSPC;
}

void zkfork_keep(int32_t descriptor) {
  for (int i = 0; i < ZKFORK_DESCRIPTORS; ++i) {
    int found = descriptor + 1;
    if (atomic_compare_exchange_strong(&noted[i], &found, 0)) return;
  }
}
