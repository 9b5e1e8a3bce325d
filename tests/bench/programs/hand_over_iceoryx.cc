// G2, iceoryx 2: a loaned chunk, published to a subscriber in another process: hand_over_iceoryx LARGEST_BYTES
// Starts the daemon that iceoryx needs, with memory for a few chunks of each size, in a process of its own.
#include <optional>

#include "hand_over.hpp"
#include "iceoryx_hoofs/log/logmanager.hpp"
#include "iceoryx_hoofs/posix_wrapper/posix_access_rights.hpp"
#include "iceoryx_posh/iceoryx_posh_types.hpp"
#include "iceoryx_posh/popo/untyped_publisher.hpp"
#include "iceoryx_posh/popo/untyped_subscriber.hpp"
#include "iceoryx_posh/popo/wait_set.hpp"
#include "iceoryx_posh/roudi/iceoryx_roudi_app.hpp"
#include "iceoryx_posh/runtime/posh_runtime.hpp"

namespace {

using hand_over::Turn;

constexpr uint32_t kAlignment = 64, kChunks = 3;
const iox::capro::ServiceDescription kService{"zkarrow", "bench", "hand-over"};

void run_daemon(uint64_t largest) {
  iox::mepoo::MePooConfig pools;
  for (uint64_t bytes :
       {uint64_t{1} << 10, uint64_t{64} << 10, uint64_t{1} << 20, uint64_t{64} << 20, uint64_t{1} << 30}) {
    if (bytes <= largest) pools.addMemPool({static_cast<uint32_t>(bytes + kAlignment), kChunks});
  }
  const auto group = iox::posix::PosixGroup::getGroupOfCurrentProcess().getName();
  iox::RouDiConfig_t config;
  config.m_sharedMemorySegments.push_back({group, group, pools});
  iox::config::CmdLineArgs_t arguments;
  arguments.logLevel = iox::log::LogLevel::kError;
  arguments.monitoringMode = iox::roudi::MonitoringMode::OFF;
  iox::roudi::IceOryxRouDiApp daemon(arguments, config);
  if (!freopen("/dev/null", "w", stdout)) hand_over::fail("/dev/null", strerror(errno));  // answers go there
  exit(daemon.run());
}

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

void join(const char* name) {
  iox::log::LogManager::GetLogManager().SetDefaultLogLevel(iox::log::LogLevel::kError,
                                                           iox::log::LogLevelOutput::kHideLogLevel);
  iox::runtime::PoshRuntime::initRuntime({iox::cxx::TruncateToCapacity, name});
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
  const pid_t daemon = hand_over::start([&] { run_daemon(largest); });
  // Both wait for the daemon by themselves. They have ended, and told it, when it does: it ends those who have not.
  const pid_t both = hand_over::start([] { hand_over::run([] { return Writer(); }, [] { return Reader(); }); });
  int status = 0;
  waitpid(both, &status, 0);
  kill(daemon, SIGTERM);
  waitpid(daemon, nullptr, 0);
  return status == 0 ? 0 : 1;
}
