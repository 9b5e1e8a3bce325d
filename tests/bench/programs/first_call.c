// G12: what the first use of the library costs a process. Prints three durations in microseconds: loading it,
// the first call, and the first call that carries a table (an empty stream, through and back).
#include <dlfcn.h>
#include <stdio.h>
#include <time.h>

#include "zkarrow/zkarrow.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void release_schema(struct ArrowSchema* schema) { schema->release = NULL; }

static void release_stream(struct ArrowArrayStream* stream) { stream->release = NULL; }

static int get_schema(struct ArrowArrayStream* stream, struct ArrowSchema* out) {
  (void)stream;
  *out = (struct ArrowSchema){.format = "+s", .name = "", .release = release_schema};
  return 0;
}

static int get_next(struct ArrowArrayStream* stream, struct ArrowArray* out) {
  (void)stream;
  out->release = NULL;
  return 0;
}

static const char* last_error(struct ArrowArrayStream* stream) {
  (void)stream;
  return NULL;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  double start = now();
  void* library = dlopen(argv[1], RTLD_NOW);
  double loaded = now();
  if (!library) {
    fprintf(stderr, "first_call: %s\n", dlerror());
    return 1;
  }
  uint32_t (*version)(void) = (uint32_t(*)(void))dlsym(library, "zka_abi_version");
  zka_status (*echo)(struct ArrowArrayStream*, struct ArrowArrayStream*, zka_error*) =
      (zka_status(*)(struct ArrowArrayStream*, struct ArrowArrayStream*, zka_error*))dlsym(library, "zka_echo_stream");
  if (!version || !echo) return 1;
  double before = now();
  if (version() != ZKA_ABI_VERSION) return 1;
  double called = now();
  struct ArrowArrayStream in = {get_schema, get_next, last_error, release_stream, NULL}, out;
  if (echo(&in, &out, NULL) != ZKA_OK) return 1;
  out.release(&out);
  double echoed = now();
  printf("%.1f %.1f %.1f\n", loaded - start, called - before, echoed - called);
  return 0;
}
