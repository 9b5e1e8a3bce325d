// The try_ twins: only where the standard library has std::expected.
#include <doctest/doctest.h>

#include <zkarrow/zkarrow.hpp>

#ifdef __cpp_lib_expected

TEST_CASE("a twin returns its error") {
  const zkarrow::Client client(nullptr);
  const auto table = client.try_read("t");
  REQUIRE(!table.has_value());
  CHECK(table.error().status() == zkarrow::Status::invalid_handle);
  CHECK(!client.try_stat("t").has_value());
  CHECK(!client.try_drop("t").has_value());
  CHECK(!client.try_publish("t", zkarrow::UniqueStream()).has_value());
  CHECK(zkarrow::Client::try_connect("nonsense").error().status() == zkarrow::Status::invalid_argument);
}

#elif defined(__GNUC__) && !defined(__clang__) && __cplusplus > 202002L
#error "g++ has std::expected from C++23 on, so the twins must be there"
#endif
