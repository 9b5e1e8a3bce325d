#include "zkcapsule.h"

#include <string.h>

#include "zkarrow/zkarrow.h"

static struct {
  const char* (*get_name)(void*);
  void* (*get_pointer)(void*, const char*);
  void (*fetch)(void**, void**, void**);
  void (*restore)(void*, void*, void*);
  void (*free)(void*);
} python;

/* Releases what a struct still owns; whoever moved its content out left it released. */
#define RELEASE(type, content)                         \
  do {                                                 \
    struct type* owned = content;                      \
    if (owned->release != NULL) owned->release(owned); \
  } while (0)

static void destroy(void* capsule) {
  void *type, *value, *trace;
  python.fetch(&type, &value, &trace);
  const char* name = python.get_name(capsule);
  void* content = python.get_pointer(capsule, name);
  if (strcmp(name, "arrow_array_stream") == 0)
    RELEASE(ArrowArrayStream, content);
  else if (strcmp(name, "arrow_schema") == 0)
    RELEASE(ArrowSchema, content);
  else
    RELEASE(ArrowArray, content);
  python.free(content);
  python.restore(type, value, trace);
}

void* zkcapsule_destructor(void* const* functions) {
  /* ISO C has no cast from an object's address to a function's */
  memcpy(&python, functions, sizeof python);
  void* address;
  void (*destructor)(void*) = destroy;
  memcpy(&address, &destructor, sizeof address);
  return address;
}
