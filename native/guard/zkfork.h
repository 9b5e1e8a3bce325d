/*
 * Descriptors that a forked child closes at once. A child has copies of its parent's open files and with them its
 * locks; a lock that says "this process lives" must end with the process, not with its children.
 *
 * Everything may be called from any thread.
 */
#ifndef ZKFORK_H
#define ZKFORK_H

#include <stdint.h>

#if defined(ZKGUARD_SHARED)
#define ZKFORK_API __attribute__((visibility("default")))
#else
#define ZKFORK_API
#endif

/* Descriptors that can be noted at once. */
#define ZKFORK_DESCRIPTORS 1024

/* From now on a child that is forked closes its copy. 0, or an errno. */
ZKFORK_API int32_t zkfork_close(int32_t descriptor);

/* Takes it back; to be called before the descriptor is closed. */
ZKFORK_API void zkfork_keep(int32_t descriptor);

#endif /* ZKFORK_H */
