#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <zkarrow/zkarrow.hpp>

TEST_CASE("plain numbers are taken over, not copied") {
  std::vector<std::int64_t> values(1000, 42);
  const void* address = values.data();
  zkarrow::BatchBuilder builder;
  builder.add("x", std::move(values));
  const zkarrow::UniqueArray array = builder.array();
  CHECK(array->children[0]->buffers[1] == address);
  CHECK(array->children[0]->null_count == 0);
}

TEST_CASE("nulls are counted") {
  zkarrow::BatchBuilder builder;
  builder.add("x", std::vector<std::optional<std::int32_t>>{1, std::nullopt, std::nullopt});
  CHECK(builder.array()->children[0]->null_count == 2);
}

TEST_CASE("columns must be of one length") {
  zkarrow::BatchBuilder builder;
  builder.add("x", std::vector<std::int64_t>{1, 2});
  CHECK_THROWS_WITH_AS(builder.add("y", std::vector<std::int64_t>{1}), "column 'y' had 1 rows where the others have 2",
                       zkarrow::InvalidArgumentError);
}

TEST_CASE("a schema names every format") {
  zkarrow::BatchBuilder builder;
  builder.add("a", std::vector<bool>{})
      .add("b", std::vector<std::int8_t>{})
      .add("c", std::vector<std::uint16_t>{})
      .add("d", std::vector<float>{})
      .add("e", std::vector<std::string>{});
  const zkarrow::UniqueSchema schema = builder.schema();
  CHECK(std::string(schema->format) == "+s");
  const std::string expected[] = {"b", "c", "S", "f", "u"};
  REQUIRE(schema->n_children == 5);
  for (int i = 0; i < 5; ++i) CHECK(schema->children[i]->format == expected[i]);
}

TEST_CASE("a child that was moved away lives on its own") {
  zkarrow::BatchBuilder builder;
  builder.add("x", std::vector<std::int64_t>{7}).add("y", std::vector<std::int64_t>{8});
  zkarrow::UniqueArray array = builder.array();
  const zkarrow::UniqueArray child(array->children[1]);
  array.reset();
  CHECK(static_cast<const std::int64_t*>(child->buffers[1])[0] == 8);
}
