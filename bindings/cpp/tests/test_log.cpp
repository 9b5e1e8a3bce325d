#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>
#include <zkarrow/zkarrow.hpp>

namespace {

/// A connect that fails, of which the library logs each try.
void fail_to_connect() {
  zkarrow::ConnectOptions options;
  options.timeout = std::chrono::milliseconds(300);
  options.data_dir = "/nonexistent/zkarrow";
  CHECK_THROWS_AS(static_cast<void>(zkarrow::Client::connect("zk://127.0.0.1:1/x", options)), zkarrow::Error);
}

}  // namespace

TEST_CASE("a log gets lines with their level, and none when logging is off") {
  std::mutex mutex;
  std::vector<std::string> lines;
  zkarrow::set_log_callback(
      [&](zkarrow::LogLevel level, std::string_view message) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (level == zkarrow::LogLevel::debug) lines.emplace_back(message);
      },
      zkarrow::LogLevel::debug);
  fail_to_connect();
  zkarrow::set_log_callback({});
  std::size_t count = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    REQUIRE_FALSE(lines.empty());
    CHECK(lines.front().find("127.0.0.1:1") != std::string::npos);
    count = lines.size();
  }
  fail_to_connect();
  const std::lock_guard<std::mutex> lock(mutex);
  CHECK(lines.size() == count);
}

TEST_CASE("a log that throws loses the line and nothing else") {
  static std::atomic<int> called{0};
  zkarrow::set_log_callback(
      [](zkarrow::LogLevel, std::string_view) {
        ++called;
        throw std::runtime_error("of the receiver");
      },
      zkarrow::LogLevel::debug);
  fail_to_connect();
  zkarrow::set_log_callback(nullptr);
  CHECK(called > 0);
}
