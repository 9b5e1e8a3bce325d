#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <zkarrow/zkarrow.hpp>

#include "counting.hpp"

namespace {

zkarrow::UniqueStream numbers(std::int64_t first) {
  return zkarrow::BatchBuilder().add("x", std::vector<std::int64_t>{first, first + 1, first + 2}).stream();
}

std::int64_t sum(zkarrow::UniqueStream stream) {
  std::int64_t total = 0;
  for (const zkarrow::Batch& batch : zkarrow::Batches(std::move(stream)))
    for (const std::int64_t value : batch.column<std::int64_t>("x")) total += value;
  return total;
}

}  // namespace

TEST_CASE("what is put can be got, any number of times, until it is removed") {
  const auto before = alive();
  zkarrow::exchange::put("t", numbers(1));
  CHECK(sum(zkarrow::exchange::get("t")) == 6);
  zkarrow::UniqueStream kept = zkarrow::exchange::get("t");
  zkarrow::exchange::put("t", numbers(10));
  CHECK(sum(zkarrow::exchange::get("t")) == 33);
  zkarrow::exchange::remove("t");
  CHECK_THROWS_AS(static_cast<void>(zkarrow::exchange::get("t")), zkarrow::NotFoundError);
  CHECK_THROWS_AS(zkarrow::exchange::remove("t"), zkarrow::NotFoundError);
  CHECK(sum(std::move(kept)) == 6);
  CHECK(alive() == before);
}

TEST_CASE("a stream is consumed on success only") {
  zkarrow::UniqueStream stream = numbers(1);
  CHECK_THROWS_AS(zkarrow::exchange::put("", stream), zkarrow::InvalidArgumentError);
  CHECK(static_cast<bool>(stream));
  stream = numbers(1);
  CHECK(sum(zkarrow::echo(stream)) == 6);
  CHECK(!stream);
}

TEST_CASE("a column lives without its batch, on any thread") {
  const auto before = alive();
  {
    zkarrow::Batches batches(zkarrow::echo(numbers(5)));
    ArrowArray raw = batches.next().release();
    zkarrow::UniqueArray whole(&raw);
    zkarrow::UniqueArray column(whole->children[0]);
    whole.reset();
    std::thread elsewhere([moved = std::move(column)]() mutable {
      CHECK(static_cast<const std::int64_t*>(moved->buffers[1])[moved->offset] == 5);
      moved.reset();
    });
    elsewhere.join();
  }
  CHECK(alive() == before);
}

TEST_CASE("many threads put, get and remove at once") {
  const auto before = alive();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      const std::string name = "thread-" + std::to_string(t % 2);
      for (int i = 0; i < 200; ++i) {
        zkarrow::exchange::put(name, numbers(t));
        try {
          static_cast<void>(sum(zkarrow::exchange::get(name)));
        } catch (const zkarrow::NotFoundError&) {
          // the other thread of this name was faster
        }
        try {
          zkarrow::exchange::remove(name);
        } catch (const zkarrow::NotFoundError&) {
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(alive() == before);
}
