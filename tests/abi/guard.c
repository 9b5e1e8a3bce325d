/*
 * The guard of mapped segments (native/guard), alone: each case in a child of its own, and how the child ends is the
 * answer. A fault in a watched mapping gives zeros and a mark; any other SIGBUS ends as it would without the guard.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../native/guard/zkguard.h"
#include "fail.h"

enum { PAGE = 4096, PAGES = 8, BYTES = PAGES * PAGE };

static int file;
static volatile sig_atomic_t seen;
static void* volatile seen_address;

/* A mapping of a file of ones. */
static volatile char* map(int protection) {
  char ones[PAGE];
  file = memfd_create("guarded", 0);
  REQUIRE(file >= 0);
  memset(ones, 1, sizeof(ones));
  for (int i = 0; i < PAGES; ++i) REQUIRE(write(file, ones, PAGE) == PAGE);
  char* start = mmap(NULL, BYTES, protection, MAP_SHARED, file, 0);
  REQUIRE(start != MAP_FAILED);
  return start;
}

static void cut(int pages) { REQUIRE(ftruncate(file, pages * PAGE) == 0); }

static int lost_pages_read_as_zeros(void) {
  volatile char* bytes = map(PROT_READ);
  REQUIRE(zkguard_install() == 0);
  const int32_t* mark = zkguard_watch(7, (const void*)bytes, BYTES, 0);
  REQUIRE(mark != NULL && *mark == 0);
  REQUIRE(zkguard_watch(ZKGUARD_RANGES, (const void*)bytes, BYTES, 0) == NULL);
  cut(3);
  REQUIRE(bytes[3 * PAGE - 1] == 1 && *mark == 0 && !zkguard_is_poisoned((const void*)bytes));
  REQUIRE(bytes[5 * PAGE] == 0 && *mark == 1 && zkguard_is_poisoned((const void*)bytes));
  REQUIRE(bytes[3 * PAGE] == 0 && bytes[BYTES - 1] == 0 && bytes[0] == 1);
  cut(0);
  REQUIRE(bytes[0] == 0);
  REQUIRE(!zkguard_is_poisoned(&file));
  zkguard_unwatch(7);
  REQUIRE(*zkguard_watch(7, (const void*)bytes, BYTES, 0) == 0);
  return 0;
}

static int a_writable_mapping_stays_writable(void) {
  volatile char* bytes = map(PROT_READ | PROT_WRITE);
  REQUIRE(zkguard_install() == 0);
  const int32_t* mark = zkguard_watch(0, (const void*)bytes, BYTES, 1);
  cut(1);
  bytes[PAGE] = 2;
  REQUIRE(bytes[PAGE] == 2 && *mark == 1);
  return 0;
}

static int the_length_need_not_be_whole_pages(void) {
  volatile char* bytes = map(PROT_READ);
  REQUIRE(zkguard_install() == 0);
  zkguard_watch(0, (const void*)bytes, BYTES - PAGE + 10, 0);
  cut(1);
  REQUIRE(bytes[BYTES - PAGE + 100] == 0);
  return 0;
}

static void* read_all(void* start) {
  int sum = 0;
  for (int i = 0; i < BYTES; i += 64) sum += ((volatile char*)start)[i];
  return sum >= 0 ? NULL : start;
}

static int many_threads_fault_at_once(void) {
  pthread_t threads[8];
  REQUIRE(zkguard_install() == 0);
  for (int round = 0; round < 200; ++round) {
    volatile char* bytes = map(PROT_READ);
    const int32_t* mark = zkguard_watch(round, (const void*)bytes, BYTES, 0);
    for (int i = 0; i < 8; ++i) REQUIRE(pthread_create(&threads[i], NULL, read_all, (void*)bytes) == 0);
    cut(round % PAGES);
    for (int i = 0; i < 8; ++i) REQUIRE(pthread_join(threads[i], NULL) == 0);
    REQUIRE(bytes[BYTES - 1] == 0 && *mark == 1);
    zkguard_unwatch(round);
    munmap((void*)bytes, BYTES);
    close(file);
  }
  return 0;
}

static int another_mapping_ends_the_process(void) {
  volatile char* ours = map(PROT_READ);
  volatile char* theirs = map(PROT_READ);
  REQUIRE(zkguard_install() == 0);
  zkguard_watch(0, (const void*)ours, BYTES, 0);
  cut(0);
  return theirs[0];
}

static int an_unwatched_mapping_ends_the_process(void) {
  volatile char* bytes = map(PROT_READ);
  REQUIRE(zkguard_install() == 0);
  zkguard_watch(0, (const void*)bytes, BYTES, 0);
  zkguard_unwatch(0);
  cut(0);
  return bytes[0];
}

static int a_signal_that_was_sent_ends_the_process(void) {
  REQUIRE(zkguard_install() == 0);
  raise(SIGBUS);
  return 0;
}

static int a_signal_that_was_ignored_stays_so(void) {
  signal(SIGBUS, SIG_IGN);
  REQUIRE(zkguard_install() == 0);
  REQUIRE(kill(getpid(), SIGBUS) == 0);
  return 0;
}

static sigjmp_buf back;

static void remember(int number, siginfo_t* info, void* context) {
  REQUIRE(context != NULL);
  seen = number;
  seen_address = info->si_addr;
  siglongjmp(back, 1);
}

static void remember_plain(int number) {
  seen = number;
  siglongjmp(back, 1);
}

static int the_handler_before_gets_the_rest(void) {
  struct sigaction before = {0};
  before.sa_sigaction = remember;
  before.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &before, NULL);
  volatile char* bytes = map(PROT_READ);
  REQUIRE(zkguard_install() == 0);
  cut(0);
  if (sigsetjmp(back, 1) == 0) return bytes[2 * PAGE];
  REQUIRE(seen == SIGBUS && seen_address == (const void*)(bytes + 2 * PAGE));
  return 0;
}

static int a_plain_handler_before_gets_the_rest(void) {
  signal(SIGBUS, remember_plain);
  volatile char* bytes = map(PROT_READ);
  REQUIRE(zkguard_install() == 0);
  cut(0);
  if (sigsetjmp(back, 1) == 0) return bytes[0];
  REQUIRE(seen == SIGBUS);
  return 0;
}

/* What Python's faulthandler does: report, put the handler before back, and raise. */
static struct sigaction before_it;
static void report_and_raise(int number) {
  ++seen;
  sigaction(number, &before_it, NULL);
  raise(number);
}

static void install_after(void) {
  struct sigaction after = {0};
  after.sa_handler = report_and_raise;
  after.sa_flags = SA_NODEFER;
  REQUIRE(zkguard_install() == 0);
  REQUIRE(sigaction(SIGBUS, &after, &before_it) == 0);
}

static int a_handler_after_may_raise_again(void) {
  volatile char* other = map(PROT_READ);
  volatile char* bytes = map(PROT_READ);
  install_after();
  zkguard_watch(0, (const void*)other, BYTES, 0);
  const int32_t* mark = zkguard_watch(1, (const void*)bytes, BYTES, 0);
  cut(5);
  REQUIRE(bytes[6 * PAGE] == 0 && bytes[5 * PAGE] == 0 && bytes[5 * PAGE - 1] == 1 && *mark == 1 && seen == 1);
  REQUIRE(other[BYTES - 1] == 1 && !zkguard_is_poisoned((const void*)other));
  cut(2);
  REQUIRE(bytes[3 * PAGE] == 0 && bytes[2 * PAGE - 1] == 1);
  return 0;
}

static int a_handler_after_may_raise_for_another_fault(void) {
  volatile char* bytes = map(PROT_READ);
  install_after();
  cut(0);
  return bytes[0];
}

static const struct {
  const char* name;
  int (*run)(void);
  int signal;
} cases[] = {
    {"lost pages read as zeros", lost_pages_read_as_zeros, 0},
    {"a writable mapping stays writable", a_writable_mapping_stays_writable, 0},
    {"the length need not be whole pages", the_length_need_not_be_whole_pages, 0},
    {"many threads fault at once", many_threads_fault_at_once, 0},
    {"another mapping ends the process", another_mapping_ends_the_process, SIGBUS},
    {"an unwatched mapping ends the process", an_unwatched_mapping_ends_the_process, SIGBUS},
    {"a signal that was sent ends the process", a_signal_that_was_sent_ends_the_process, SIGBUS},
    {"a signal that was ignored stays so", a_signal_that_was_ignored_stays_so, 0},
    {"the handler before gets the rest", the_handler_before_gets_the_rest, 0},
    {"a plain handler before gets the rest", a_plain_handler_before_gets_the_rest, 0},
    {"a handler after may raise again", a_handler_after_may_raise_again, 0},
    {"a handler after may raise for another fault", a_handler_after_may_raise_for_another_fault, SIGBUS},
};

int main(void) {
  int failed = 0;
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
    int ended;
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      alarm(30);
      exit(cases[i].run());
    }
    REQUIRE(waitpid(child, &ended, 0) == child);
    const int signal = WIFSIGNALED(ended) ? WTERMSIG(ended) : 0;
    if (signal == cases[i].signal && (signal != 0 || WEXITSTATUS(ended) == 0)) continue;
    fprintf(stderr, "%s: ended by signal %d, exit code %d\n", cases[i].name, signal, WEXITSTATUS(ended));
    failed = 1;
  }
  return failed;
}
