#define _GNU_SOURCE
#include "zkguard.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096 };

/* start is 0 while nobody uses the range, and is written last and cleared first: the handler takes no lock. */
typedef struct {
  atomic_uintptr_t start;
  atomic_uintptr_t end;
  atomic_uintptr_t kept; /* where the zeros of the guard begin; end while there are none */
  atomic_int writable;
  atomic_int poisoned;
} range;

/* The mark is handed out as a plain number. */
_Static_assert(sizeof(atomic_int) == sizeof(int32_t), "a mark is 32 bits");

static range ranges[ZKGUARD_RANGES];
static atomic_int used;     /* no index from here on was ever watched */
static atomic_int poisoned; /* whether any range ever was */
static struct sigaction previous;

/* Whether a range has the address; its bounds are then in *start and *end. */
static bool covers(range* candidate, uintptr_t address, uintptr_t* start, uintptr_t* end) {
  *start = atomic_load(&candidate->start);
  *end = atomic_load(&candidate->end);
  return *start != 0 && address >= *start && address < *end && atomic_load(&candidate->start) == *start;
}

static range* find(uintptr_t address, uintptr_t* start, uintptr_t* end) {
  const int count = atomic_load(&used);
  for (int i = 0; i < count; ++i) {
    if (covers(&ranges[i], address, start, end)) return &ranges[i];
  }
  return NULL;
}

static bool map_zeros(uintptr_t from, uintptr_t end, int protection) {
  const int flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  return mmap((void*)from, end - from, protection, flags, -1, 0) != MAP_FAILED;
}

/* Puts zeros from a lost page to the end of its range: what follows the end of a file is lost as well. */
static bool poison(range* lost, uintptr_t page, uintptr_t start, uintptr_t end) {
  const int protection = atomic_load(&lost->writable) ? PROT_READ | PROT_WRITE : PROT_READ;
  /* marked first, so that nobody reads a zero and finds no mark */
  atomic_store(&lost->poisoned, 1);
  atomic_store(&poisoned, 1);
  atomic_store(&lost->kept, page);
  /* a part is one mapping more, and there may be no more to be had; the whole is not */
  return map_zeros(page, end, protection) || map_zeros(start, end, protection);
}

/* Whether a page can be read: the kernel looks at the new mask before it refuses what to do with it. */
static bool is_readable(uintptr_t page) {
  return syscall(SYS_rt_sigprocmask, ~0, (void*)page, NULL, sizeof(uint64_t)) != 0 && errno != EFAULT;
}

/* The first of some pages that cannot be read, all after it being lost as well; end when none is. */
static uintptr_t first_lost(uintptr_t start, uintptr_t end) {
  while (start < end) {
    const uintptr_t middle = start + (end - start) / PAGE / 2 * PAGE;
    if (is_readable(middle)) {
      start = middle + PAGE;
    } else {
      end = middle;
    }
  }
  return start;
}

/*
 * A handler that was installed after this one (Python's faulthandler) sees a fault first, and passes it on with
 * raise(): then the address is not known. So all ranges are looked at; when one had lost pages, the fault comes again,
 * or does not.
 */
static bool poison_all_lost(void) {
  bool found = false;
  const int count = atomic_load(&used);
  for (int i = 0; i < count; ++i) {
    const uintptr_t start = atomic_load(&ranges[i].start), end = atomic_load(&ranges[i].end);
    if (start == 0 || atomic_load(&ranges[i].start) != start) continue;
    const uintptr_t kept = atomic_load(&ranges[i].kept), lost = first_lost(start, kept);
    if (lost < kept) found |= poison(&ranges[i], lost, start, end);
  }
  return found;
}

static bool handle(const siginfo_t* info) {
  uintptr_t start, end;
  if (info->si_code == BUS_ADRERR) {
    const uintptr_t address = (uintptr_t)info->si_addr;
    range* lost = find(address, &start, &end);
    return lost != NULL && poison(lost, address & ~(uintptr_t)(PAGE - 1), start, end);
  }
  return info->si_code == SI_TKILL && info->si_pid == getpid() && poison_all_lost();
}

static void pass_on(int signal, siginfo_t* info, void* context) {
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else if (previous.sa_handler == SIG_DFL || info->si_code > 0) {
    /* a fault cannot be ignored. The signal waits until this handler returns, and ends the process as if it had not
     * been there */
    struct sigaction standard;
    memset(&standard, 0, sizeof(standard));
    standard.sa_handler = SIG_DFL;
    sigaction(signal, &standard, NULL);
    syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), signal, info);
  }
}

static void on_sigbus(int signal, siginfo_t* info, void* context) {
  const int saved = errno;
  if (!handle(info)) pass_on(signal, info, context);
  errno = saved;
}

int32_t zkguard_install(void) {
  struct sigaction ours;
  memset(&ours, 0, sizeof(ours));
  sigemptyset(&ours.sa_mask);
  ours.sa_sigaction = on_sigbus;
  /* on the thread's own signal stack where it has one: the stacks of some runtimes are small */
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  /* asked for before as well, for a fault of another thread right in between */
  if (sigaction(SIGBUS, NULL, &previous) != 0 || sigaction(SIGBUS, &ours, &previous) != 0) return errno;
  return 0;
}

const int32_t* zkguard_watch(int32_t index, const void* start, size_t length, int32_t writable) {
  if (index < 0 || index >= ZKGUARD_RANGES || length == 0) return NULL;
  range* free_range = &ranges[index];
  atomic_store(&free_range->poisoned, 0);
  atomic_store(&free_range->writable, writable);
  const uintptr_t end = ((uintptr_t)start + length + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
  atomic_store(&free_range->end, end);
  atomic_store(&free_range->kept, end);
  atomic_store(&free_range->start, (uintptr_t)start);
  int seen = atomic_load(&used);
  while (seen <= index && !atomic_compare_exchange_weak(&used, &seen, index + 1)) continue;
  return (const int32_t*)&free_range->poisoned;
}

void zkguard_unwatch(int32_t index) {
  if (index >= 0 && index < ZKGUARD_RANGES) atomic_store(&ranges[index].start, 0);
}

int32_t zkguard_is_poisoned(const void* address) {
  uintptr_t start, end;
  if (!atomic_load(&poisoned)) return 0;
  range* found = find((uintptr_t)address, &start, &end);
  return found != NULL && atomic_load(&found->poisoned);
}
