/* dlclose() keeps the library mapped: a call through an old pointer still works. unload LIBRARY */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <string.h>
#include <zkarrow/zkarrow.h>

#include "fail.h"

int main(int argc, char** argv) {
  REQUIRE(argc == 2);
  for (int i = 0; i < 3; ++i) {
    void* library = dlopen(argv[1], RTLD_NOW);
    REQUIRE(library != NULL);
    uint32_t (*abi_version)(void) = NULL;
    zka_status (*counters)(zka_counters*, zka_error*) = NULL;
    /* what POSIX asks for instead of a cast from void* to a function pointer */
    *(void**)&abi_version = dlsym(library, "zka_abi_version");
    *(void**)&counters = dlsym(library, "zka__counters");
    REQUIRE(abi_version != NULL && counters != NULL);
    REQUIRE(abi_version() == ZKA_ABI_VERSION);
    REQUIRE(dlclose(library) == 0);

    zka_counters counts = ZKA_COUNTERS_INIT;
    REQUIRE(abi_version() == ZKA_ABI_VERSION);
    REQUIRE(counters(&counts, NULL) == ZKA_OK);
  }
  return 0;
}
