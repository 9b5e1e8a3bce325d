#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <zkarrow/zkarrow.hpp>

namespace {

zkarrow::BatchBuilder sample() {
  zkarrow::BatchBuilder builder;
  builder.add("id", std::vector<std::int64_t>{1, 2, 3})
      .add("px", std::vector<std::optional<double>>{0.5, std::nullopt, 1.5})
      .add("sym", std::vector<std::optional<std::string>>{"a", std::nullopt, ""})
      .add("up", std::vector<std::optional<bool>>{true, std::nullopt, false});
  return builder;
}

zkarrow::Batch batch_of(zkarrow::BatchBuilder builder) {
  auto schema = std::make_shared<zkarrow::UniqueSchema>(builder.schema());
  return {std::move(schema), builder.array()};
}

}  // namespace

TEST_CASE("columns give their values and their nulls") {
  const zkarrow::Batch batch = batch_of(sample());
  CHECK(batch.rows() == 3);
  CHECK(batch.columns() == 4);

  const auto ids = batch.column<std::int64_t>("id");
  CHECK(std::vector<std::int64_t>(ids.begin(), ids.end()) == std::vector<std::int64_t>{1, 2, 3});
  CHECK(ids.is_valid(1));

  const auto prices = batch.column<double>("px");
  CHECK(prices.get(0) == 0.5);
  CHECK(prices.get(1) == std::nullopt);
  CHECK(prices.is_null(1));
  CHECK(prices[2] == 1.5);
  CHECK(prices.values().size() == 3);

  const auto symbols = batch.strings("sym");
  CHECK(symbols[0] == "a");
  CHECK(symbols.get(1) == std::nullopt);
  CHECK(symbols.get(2) == "");

  const auto ups = batch.bools("up");
  CHECK(ups[0]);
  CHECK(ups.get(1) == std::nullopt);
  CHECK(!ups[2]);
}

TEST_CASE("a sliced batch shows its slice") {
  zkarrow::BatchBuilder builder = sample();
  auto schema = std::make_shared<zkarrow::UniqueSchema>(builder.schema());
  zkarrow::UniqueArray array = builder.array();
  array->offset = 1;
  array->length = 2;
  const zkarrow::Batch batch(schema, std::move(array));
  CHECK(batch.column<std::int64_t>("id")[0] == 2);
  CHECK(batch.column<double>("px").get(0) == std::nullopt);
  CHECK(batch.column<double>("px").get(1) == 1.5);
  CHECK(batch.strings("sym").get(0) == std::nullopt);
  CHECK(batch.strings("sym").get(1) == "");
  CHECK(batch.bools("up").get(0) == std::nullopt);
  CHECK(batch.bools("up").get(1) == false);
}

TEST_CASE("a column that is not there or of another type says so") {
  const zkarrow::Batch batch = batch_of(sample());
  CHECK_THROWS_WITH_AS(static_cast<void>(batch.column<double>("nope")), "the batch had no column 'nope'",
                       zkarrow::NotFoundError);
  CHECK_THROWS_AS(static_cast<void>(batch.column<double>(4)), zkarrow::NotFoundError);
  CHECK_THROWS_WITH_AS(static_cast<void>(batch.strings("px")),
                       "column 'px' was no column of strings: its Arrow format is 'g'", zkarrow::SchemaMismatchError);
  CHECK_THROWS_AS(static_cast<void>(batch.column<float>("px")), zkarrow::SchemaMismatchError);
  CHECK_THROWS_AS(static_cast<void>(batch.bools("px")), zkarrow::SchemaMismatchError);
  CHECK_THROWS_AS(static_cast<void>(batch.column<std::int64_t>("sym")), zkarrow::SchemaMismatchError);
}

TEST_CASE("times are the integers that they are stored as") {
  CHECK(zkarrow::detail::stored_as<std::int64_t>("tsu:UTC"));
  CHECK(zkarrow::detail::stored_as<std::int64_t>("tDn"));
  CHECK(zkarrow::detail::stored_as<std::int32_t>("tdD"));
  CHECK(!zkarrow::detail::stored_as<std::int32_t>("tsu:UTC"));
  CHECK(!zkarrow::detail::stored_as<std::int64_t>("tdD"));
  CHECK(!zkarrow::detail::stored_as<std::int64_t>("u"));
}

TEST_CASE("strings are read from all three storages") {
  const char bytes[] = "abcdefghijklmnopqrstuvwxyz";
  ArrowArray array{};
  array.length = 2;
  array.n_buffers = 3;

  const std::int64_t wide[] = {0, 3, 26};
  const void* large[] = {nullptr, wide, bytes};
  array.buffers = large;
  const zkarrow::Strings from_large({&array, 0, 2}, zkarrow::Strings::Storage::offsets64);
  CHECK(from_large[0] == "abc");
  CHECK(from_large[1] == "defghijklmnopqrstuvwxyz");

  std::int32_t views[8] = {3, 0, 0, 0, 20, 0, 0, 5};
  std::memcpy(&views[1], "xyz", 3);
  const void* viewed[] = {nullptr, views, bytes};
  array.buffers = viewed;
  const zkarrow::Strings from_views({&array, 0, 2}, zkarrow::Strings::Storage::views);
  CHECK(from_views[0] == "xyz");
  CHECK(from_views[1] == "fghijklmnopqrstuvwxy");
}

TEST_CASE("a range walks all batches") {
  std::size_t rows = 0;
  for (auto& batch : zkarrow::Batches(sample().stream())) rows += batch.rows();
  CHECK(rows == 3);
}
