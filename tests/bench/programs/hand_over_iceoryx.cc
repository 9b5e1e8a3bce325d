// G2, iceoryx 2: a loaned chunk, published to a subscriber in another process: hand_over_iceoryx LARGEST_BYTES
// Starts the daemon that iceoryx needs, with memory for a few chunks of each size, in a process of its own.
#include <optional>

#include "hand_over.hpp"
#include "iceoryx.hpp"
#include "iceoryx_posh/popo/wait_set.hpp"

namespace {

using hand_over::Turn;

using iceoryx::join;
using iceoryx::kAlignment;
const iox::capro::ServiceDescription kService{"zkarrow", "bench", "hand-over"};

// Where both run on one processor, each look at the other's word costs a switch: iceoryx is measured at its best, with
// one processor for each. They have no other threads that would need more.
void run_on(bool last_of_all) {
  cpu_set_t all, one;
  CPU_ZERO(&one);
  if (sched_getaffinity(0, sizeof(all), &all) != 0) hand_over::fail("sched_getaffinity", strerror(errno));
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &all) || (CPU_COUNT(&one) > 0 && !last_of_all)) continue;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
  }
  if (sched_setaffinity(0, sizeof(one), &one) != 0) hand_over::fail("sched_setaffinity", strerror(errno));
}

class Writer {
 public:
  Writer() {
    join("zkarrow-bench-writer");
    publisher_.emplace(kService);
    run_on(false);
  }

  void* loan(const Turn& turn) {
    publisher_->loan(static_cast<uint32_t>(turn.bytes), kAlignment)
        .and_then([this](void* chunk) { chunk_ = chunk; })
        .or_else([](auto error) { hand_over::fail("loan", iox::popo::asStringLiteral(error)); });
    return chunk_;
  }

  void publish() { publisher_->publish(chunk_); }

  void done() {}

 private:
  std::optional<iox::popo::UntypedPublisher> publisher_;
  void* chunk_ = nullptr;
};

class Reader {
 public:
  Reader() {
    join("zkarrow-bench-reader");
    iox::popo::SubscriberOptions options;
    options.queueCapacity = 1;
    subscriber_.emplace(kService, options);
    waits_.emplace();
    waits_->attachState(*subscriber_, iox::popo::SubscriberState::HAS_DATA).or_else([](auto) {
      hand_over::fail("WaitSet", "the subscriber could not be attached");
    });
    run_on(true);
  }

  // the writer may have come later than this: there is nothing to hand over before they found each other
  void begin(const Turn&) {
    while (subscriber_->getSubscriptionState() != iox::SubscribeState::SUBSCRIBED) sched_yield();
  }

  uint64_t next(const Turn& turn) {
    chunk_ = nullptr;
    for (hand_over::Poll poll;; poll.again()) {
      if (turn.waits) waits_->wait();
      subscriber_->take().and_then([this](const void* chunk) { chunk_ = chunk; });
      if (chunk_) break;
    }
    return *static_cast<const uint64_t*>(chunk_);
  }

  void release() { subscriber_->release(chunk_); }

 private:
  std::optional<iox::popo::UntypedSubscriber> subscriber_;
  std::optional<iox::popo::WaitSet<>> waits_;
  const void* chunk_ = nullptr;
};

}  // namespace

int main(int, char** argv) {
  const uint64_t largest = strtoull(argv[1], nullptr, 10);
  const pid_t daemon = hand_over::start([&] { iceoryx::run_daemon(largest); });
  // Both wait for the daemon by themselves. They have ended, and told it, when it does: it ends those who have not.
  const pid_t both = hand_over::start([] { hand_over::run([] { return Writer(); }, [] { return Reader(); }); });
  int status = 0;
  waitpid(both, &status, 0);
  kill(daemon, SIGTERM);
  waitpid(daemon, nullptr, 0);
  return status == 0 ? 0 : 1;
}
