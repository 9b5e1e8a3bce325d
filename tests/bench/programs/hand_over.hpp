// G2, what both sides share: a writer that hands chunks over to a reader in a process of its own, and waits for each to
// be acknowledged. The acknowledgement is a word in shared memory on both sides, so that it costs both the same.
//
// Reads lines "poll|wait BYTES COUNT" and answers each with four durations in nanoseconds for every chunk: from before
// the loan until the acknowledgement was seen; the loan; the call that publishes; and from its return until the reader
// had the chunk, which is negative when the reader was there before.
#pragma once
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

namespace hand_over {

constexpr int64_t kSpinNs = 20'000, kDeadlineNs = 60'000'000'000;

struct Turn {
  uint64_t number;  // of the turn
  int64_t bytes, count;
  bool waits;  // the reader blocks; otherwise it polls
};

struct Page {
  std::atomic<uint64_t> ready;  // the turn that the reader is ready for
  std::atomic<uint64_t> got;    // the value of the last chunk that the reader had
  std::atomic<int64_t> got_at;
};

[[noreturn]] inline void fail(const char* what, const char* why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

inline int64_t now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

// Between two looks at something: spins for a moment, and then gives its processor away each time, as there are few.
class Poll {
 public:
  void again() {
    const int64_t waited = now() - start_;
    if (waited > kDeadlineNs) fail("hand-over", "the other process did not answer within a minute; see above");
    if (waited > kSpinNs) sched_yield();
  }

 private:
  int64_t start_ = now();
};

inline void await(const std::atomic<uint64_t>& word, uint64_t value) {
  for (Poll poll; word.load(std::memory_order_acquire) != value;) poll.again();
}

// A Reader has `begin(turn)`, `uint64_t next(turn)`, which waits for a chunk and gives its first word, and `release()`.
template <typename Reader>
void read_turns(Page& page, int turns, Reader reader) {
  Turn turn;
  while (read(turns, &turn, sizeof(turn)) == sizeof(turn)) {
    reader.begin(turn);
    page.ready.store(turn.number, std::memory_order_release);
    for (int64_t i = 0; i < turn.count; ++i) {
      const uint64_t value = reader.next(turn);
      page.got_at.store(now(), std::memory_order_relaxed);
      page.got.store(value, std::memory_order_release);
      reader.release();
    }
  }
}

// A Writer has `void* loan(turn)`, `publish()` and `done()`, which is not timed.
template <typename Writer>
void write_turns(Page& page, int turns, Writer writer) {
  char line[128], mode[16];
  uint64_t value = 0;
  Turn turn{};
  while (fgets(line, sizeof(line), stdin)) {
    if (sscanf(line, "%15s %ld %ld", mode, &turn.bytes, &turn.count) != 3)
      fail("hand-over", "expected MODE BYTES COUNT");
    turn.waits = strcmp(mode, "wait") == 0;
    ++turn.number;
    if (write(turns, &turn, sizeof(turn)) != sizeof(turn)) fail("hand-over", "the reader ended; its message is above");
    await(page.ready, turn.number);
    std::vector<int64_t> durations;
    for (int64_t i = 0; i < turn.count; ++i) {
      const int64_t start = now();
      *static_cast<uint64_t*>(writer.loan(turn)) = ++value;
      const int64_t loaned = now();
      writer.publish();
      const int64_t published = now();
      await(page.got, value);
      const int64_t acknowledged = now();
      writer.done();
      for (int64_t duration :
           {acknowledged - start, loaned - start, published - loaned, page.got_at.load() - published})
        durations.push_back(duration);
    }
    for (size_t i = 0; i < durations.size(); ++i) printf("%s%ld", i ? " " : "", durations[i]);
    printf("\n");
    fflush(stdout);
  }
}

// Starts `role` in a process that ends with this one.
template <typename Role>
pid_t start(Role role) {
  const pid_t parent = getpid(), child = fork();
  if (child < 0) fail("fork", strerror(errno));
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) exit(1);
  role();
  exit(0);
}

// Both are made in their own process: what they are made of need not outlive a fork.
template <typename MakeWriter, typename MakeReader>
void run(MakeWriter make_writer, MakeReader make_reader) {
  int turns[2];
  void* shared = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED || pipe2(turns, O_CLOEXEC) != 0) fail("hand-over", strerror(errno));
  Page& page = *new (shared) Page{};
  signal(SIGPIPE, SIG_IGN);
  const pid_t reader = start([&] {
    close(turns[1]);
    read_turns(page, turns[0], make_reader());
  });
  close(turns[0]);
  write_turns(page, turns[1], make_writer());
  close(turns[1]);
  waitpid(reader, nullptr, 0);
}

}  // namespace hand_over
