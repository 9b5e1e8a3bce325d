#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <vector>
#include <zkarrow/zkarrow.hpp>

#include "counting.hpp"

namespace {

/// A table goes in and out and through, a column outlives its batch, a flag comes and goes, a name is not there.
void ten_calls() {
  zkarrow::BatchBuilder builder;
  builder.add("id", std::vector<std::int64_t>{1, 2, 3});
  zkarrow::exchange::put("many", zkarrow::echo(std::move(builder).stream()));
  auto stream = zkarrow::exchange::get("many");
  zkarrow::UniqueArray batch;
  REQUIRE(stream->get_next(stream.get(), batch.out()) == 0);
  batch = {};
  const zkarrow::Cancel cancel;
  cancel.fire();
  CHECK_THROWS_AS(static_cast<void>(zkarrow::exchange::get("not there")), zkarrow::NotFoundError);
  zkarrow::exchange::remove("many");
}

long resident_pages() {
  long size = 0;
  long resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident;
}

}  // namespace

TEST_CASE("many calls leave nothing and no growth") {
  const char* scale = std::getenv("ZKARROW_CALLS");
  const long rounds = (scale != nullptr ? std::atol(scale) : 20000) / 10;
  for (int i = 0; i < 500; ++i) ten_calls();
  const auto before = alive();
  const long pages = resident_pages();
  for (long i = 0; i < rounds; ++i) ten_calls();
  CHECK(alive() == before);
  CHECK(resident_pages() - pages < 8192);  // 32 MB: a sanitizer keeps what was freed
}
