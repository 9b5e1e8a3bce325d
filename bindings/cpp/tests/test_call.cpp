#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <zkarrow/zkarrow.hpp>

#include "counting.hpp"

using namespace std::chrono_literals;

TEST_CASE("durations become milliseconds, rounded up") {
  CHECK(zkarrow::Timeout(1500ms).milliseconds() == 1500);
  CHECK(zkarrow::Timeout(2min).milliseconds() == 120000);
  CHECK(zkarrow::Timeout(1us).milliseconds() == 1);
  CHECK(zkarrow::Timeout(0s).milliseconds() == 0);
  CHECK(zkarrow::Timeout(-5s).milliseconds() == 0);
  CHECK(zkarrow::Timeout::forever().milliseconds() == -1);
  CHECK(zkarrow::default_timeout.milliseconds() == 30000);
}

TEST_CASE("the library says what it is") {
  CHECK(zkarrow::abi_version() == ZKA_ABI_VERSION);
  CHECK(zkarrow::version_string() == std::to_string(ZKA_VERSION_MAJOR) + "." + std::to_string(ZKA_VERSION_MINOR) + "." +
                                         std::to_string(ZKA_VERSION_PATCH));
}

TEST_CASE("a fired cancel ends a waiting connect") {
  const auto before = alive();
  {
    const zkarrow::Cancel cancel;
    zkarrow::ConnectOptions options;
    options.timeout = zkarrow::Timeout::forever();
    options.cancel = &cancel;
    options.data_dir = "/nonexistent/zkarrow";
    std::thread firing([&] { cancel.fire(); });
    // nobody listens there, and without the cancel this would wait forever
    CHECK_THROWS_AS(static_cast<void>(zkarrow::Client::connect("zk://127.0.0.1:1/x", options)),
                    zkarrow::CancelledError);
    firing.join();
  }
  CHECK(alive() == before);
}

TEST_CASE("handles are released, and moved-from objects are refused") {
  const auto before = alive();
  zkarrow::Cancel cancel;
  zkarrow::Cancel moved(std::move(cancel));
  CHECK(cancel.get() == nullptr);  // NOLINT: promised
  zka_cancel* raw = moved.release();
  CHECK(raw != nullptr);
  CHECK(alive() != before);
  zka_cancel_free(raw);
  CHECK(alive() == before);

  const zkarrow::Client client(nullptr);
  CHECK(!client);
  CHECK_THROWS_AS(static_cast<void>(client.state()), zkarrow::InvalidHandleError);
  CHECK_THROWS_AS(static_cast<void>(client.read("t")), zkarrow::InvalidHandleError);
  CHECK_THROWS_AS(client.drop("t"), zkarrow::InvalidHandleError);
  CHECK_THROWS_AS(static_cast<void>(zkarrow::Table(nullptr).stream()), zkarrow::InvalidHandleError);
  CHECK_THROWS_AS(static_cast<void>(zkarrow::Subscription(nullptr).next(0s)), zkarrow::InvalidHandleError);
}

TEST_CASE("a string with a NUL in it is refused, not cut short") {
  const zkarrow::Client client(nullptr);
  CHECK_THROWS_AS(static_cast<void>(client.stat(std::string("a\0b", 3))), zkarrow::InvalidArgumentError);
}
