#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>
#include <zkarrow/zkarrow.hpp>

#include "counting.hpp"

// loans over a real server: tests/contract and tests/peers

TEST_CASE("bits are set and cleared one by one") {
  std::uint8_t bytes[2] = {0xff, 0};
  const zkarrow::MutableBits bits(bytes, 10);
  bits.set(0, false);
  bits.set(9, true);
  CHECK(bytes[0] == 0xfe);
  CHECK(bytes[1] == 2);
  CHECK(!bits[0]);
  CHECK(bits[9]);
  CHECK(bits.size() == 10);
}

TEST_CASE("strings are appended up to their rows and their bytes") {
  std::int32_t offsets[4] = {9, 9, 9, 9};
  char data[5] = {};
  std::uint8_t valid = 0;
  const void* buffers[] = {&valid, offsets, data};
  ArrowArray array{};
  array.length = 3;
  array.n_buffers = 3;
  array.buffers = buffers;
  const zkarrow::detail::LoanColumn column{"sym", "u", true, &array, 5};
  zkarrow::LoanStrings strings(column);
  strings.append("abc");
  CHECK_THROWS_WITH_AS(strings.append("def"),
                       "the loan had 5 bytes for the values of column 'sym' and 6 were appended; open it with more "
                       "(var_bytes)",
                       zkarrow::TooLargeError);
  strings.append_null();
  strings.append("de");
  CHECK_THROWS_AS(strings.append(""), zkarrow::TooLargeError);
  CHECK_THROWS_AS(strings.append_null(), zkarrow::TooLargeError);
  CHECK(strings.size() == 3);
  CHECK(std::string(data, 5) == "abcde");
  CHECK(std::vector<std::int32_t>(offsets, offsets + 4) == std::vector<std::int32_t>{0, 3, 3, 5});
  CHECK((valid & 7) == 5);
  CHECK(array.null_count == -1);
}

TEST_CASE("a loan needs an open client, and its schema stays the caller's") {
  const auto before = alive();
  {
    const zkarrow::UniqueSchema schema = zkarrow::BatchBuilder().add("x", std::vector<double>()).schema();
    const zkarrow::Client closed(nullptr);
    CHECK_THROWS_AS(static_cast<void>(closed.loan(*schema.get(), 10)), zkarrow::InvalidHandleError);
    CHECK(static_cast<bool>(schema));
  }
  CHECK(alive() == before);
}
