/*
 * The guard of mapped segments: what keeps a process alive whose peer truncates a file that it has mapped.
 *
 * A file that is shorter than its mapping has no bytes for the pages beyond its end, and the kernel answers a look at
 * them with SIGBUS. The guard handles SIGBUS: inside a watched range it puts pages of zeros there, marks the range as
 * poisoned and lets the reader go on; the library looks at the mark and returns ZKA_CORRUPT. Everything else goes to
 * the handler that was there before.
 *
 * zkguard_install is called once, before the rest. Callers see to it that an index is used by one range at a time;
 * apart from that everything may be called from any thread.
 */
#ifndef ZKGUARD_H
#define ZKGUARD_H

#include <stddef.h>
#include <stdint.h>

#if defined(ZKGUARD_SHARED)
#define ZKGUARD_API __attribute__((visibility("default")))
#else
#define ZKGUARD_API
#endif

/* Ranges that can be watched at once: as many as a process can have mappings by default (vm.max_map_count). */
#define ZKGUARD_RANGES 65536

/* Installs the handler in front of the present one. 0, or an errno. */
ZKGUARD_API int32_t zkguard_install(void);

/*
 * Watches a mapping under an index below ZKGUARD_RANGES. Returns its mark, which turns from 0 to 1 when a page was lost
 * and may be read until zkguard_unwatch; NULL when there is no such index.
 */
ZKGUARD_API const int32_t* zkguard_watch(int32_t index, const void* start, size_t length, int32_t writable);

/* Ends the watch; to be called before the mapping is unmapped. */
ZKGUARD_API void zkguard_unwatch(int32_t index);

/* Whether an address lies in a watched range that is poisoned. Costs one load as long as no range ever was. */
ZKGUARD_API int32_t zkguard_is_poisoned(const void* address);

#endif /* ZKGUARD_H */
