/*
 * What the library does to the signals of its process, as zkarrow.h says: loading changes nothing; the
 * first call takes SIGFPE, SIGSEGV and signal 34 and ignores SIGPIPE. Nothing else, before a client is opened: that one
 * takes SIGBUS, which needs a server and is tested in bindings/python/tests/test_guard.py. signals LIBRARY
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zkarrow/zkarrow.h>

#include "fail.h"

enum { SIGNALS = 65 };

/* The kernel's own structure: libc hides signals 32 to 34. */
typedef struct {
  uintptr_t handler;
  unsigned long flags;
  uintptr_t restorer;
  unsigned long mask;
} disposition;

static void take(disposition* all) {
  memset(all, 0, SIGNALS * sizeof(*all));
  for (int i = 1; i < SIGNALS; ++i) syscall(SYS_rt_sigaction, i, NULL, &all[i], sizeof(unsigned long));
}

static int same(const disposition* a, const disposition* b) {
  return a->handler == b->handler && a->flags == b->flags && a->mask == b->mask;
}

static void* nothing(void* argument) { return argument; }

int main(int argc, char** argv) {
  disposition before[SIGNALS], after[SIGNALS];
  uint32_t (*abi_version)(void) = NULL;
  zka_status (*create)(zka_cancel**, zka_error*) = NULL;
  zka_cancel* cancel;

  pthread_t thread;

  REQUIRE(argc == 2);
  /* libc takes signal 33 for itself with the first thread of any program, so let it do that now */
  REQUIRE(pthread_create(&thread, NULL, nothing, NULL) == 0);
  REQUIRE(pthread_join(thread, NULL) == 0);
  take(before);
  void* library = dlopen(argv[1], RTLD_NOW);
  REQUIRE(library != NULL);
  take(after);
  for (int i = 1; i < SIGNALS; ++i) REQUIRE(same(&before[i], &after[i]));

  *(void**)&abi_version = dlsym(library, "zka_abi_version");
  *(void**)&create = dlsym(library, "zka_cancel_create");
  REQUIRE(abi_version != NULL && create != NULL);
  REQUIRE(abi_version() == ZKA_ABI_VERSION);
  REQUIRE(create(&cancel, NULL) == ZKA_OK);
  take(after);
  for (int i = 1; i < SIGNALS; ++i) {
    switch (i) {
      case SIGFPE:
      case SIGSEGV:
      case 34:
        REQUIRE(after[i].handler != (uintptr_t)SIG_DFL && after[i].handler != (uintptr_t)SIG_IGN);
        break;
      case SIGPIPE:
        REQUIRE(after[i].handler == (uintptr_t)SIG_IGN);
        break;
      default:
        if (!same(&before[i], &after[i])) {
          fprintf(stderr, "signal %d (%s) was changed\n", i, strsignal(i));
          return 1;
        }
    }
  }
  return 0;
}
