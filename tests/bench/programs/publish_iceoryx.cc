// G3's peer iceoryx 2: one copy into a loaned chunk, published, taken and let go of: publish_iceoryx LARGEST_BYTES
// Reads lines "write BYTES COUNT" and answers each with COUNT durations in nanoseconds.
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "iceoryx.hpp"

namespace {

int64_t now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

void serve() {
  const iox::capro::ServiceDescription service{"zkarrow", "bench", "publish"};
  iceoryx::join("zkarrow-bench-publish");
  iox::popo::UntypedPublisher publisher(service);
  iox::popo::UntypedSubscriber subscriber(service);
  while (subscriber.getSubscriptionState() != iox::SubscribeState::SUBSCRIBED) sched_yield();
  std::vector<char> source;
  std::string write;
  for (uint64_t bytes, count; std::cin >> write >> bytes >> count;) {
    if (source.size() != bytes) source.assign(bytes, 7);
    for (uint64_t i = 0; i < count; ++i) {
      const int64_t start = now();
      publisher.loan(static_cast<uint32_t>(bytes), iceoryx::kAlignment)
          .and_then([&](void* chunk) {
            memcpy(chunk, source.data(), bytes);
            publisher.publish(chunk);
          })
          .or_else([](auto error) { hand_over::fail("loan", iox::popo::asStringLiteral(error)); });
      const int64_t end = now();
      subscriber.take()
          .and_then([&](const void* chunk) { subscriber.release(chunk); })
          .or_else([](auto) { hand_over::fail("take", "nothing was published"); });
      std::cout << end - start << (i + 1 == count ? "\n" : " ");
    }
    std::cout.flush();
  }
}

}  // namespace

int main(int, char** argv) {
  const uint64_t largest = strtoull(argv[1], nullptr, 10);
  const pid_t daemon = hand_over::start([&] { iceoryx::run_daemon(largest); });
  const pid_t program = hand_over::start([] { serve(); });
  int status = 0;
  waitpid(program, &status, 0);
  kill(daemon, SIGTERM);
  waitpid(daemon, nullptr, 0);
  return status == 0 ? 0 : 1;
}
