#include <doctest/doctest.h>

#include <type_traits>
#include <utility>
#include <zkarrow/zkarrow.hpp>

#include "counting.hpp"

namespace {

template <class T>
constexpr bool is_owner =
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> && std::is_nothrow_move_constructible_v<T> &&
    std::is_nothrow_move_assignable_v<T> && std::is_nothrow_destructible_v<T>;

static_assert(is_owner<zkarrow::UniqueSchema>);
static_assert(is_owner<zkarrow::UniqueArray>);
static_assert(is_owner<zkarrow::UniqueStream>);
static_assert(is_owner<zkarrow::Batch>);
static_assert(is_owner<zkarrow::Batches>);
static_assert(is_owner<zkarrow::Cancel>);
static_assert(is_owner<zkarrow::Client>);
static_assert(is_owner<zkarrow::Table>);
static_assert(is_owner<zkarrow::Subscription>);
static_assert(!std::is_convertible_v<zka_table*, zkarrow::Table>);
static_assert(!std::is_convertible_v<zkarrow::Client, bool>);

}  // namespace

TEST_CASE_TEMPLATE("an owner releases once", T, ArrowSchema, ArrowArray, ArrowArrayStream) {
  int releases = 0;
  T raw = counted<T>(&releases);
  {
    zkarrow::Unique<T> owner(&raw);
    CHECK_FALSE(static_cast<bool>(raw.release));
    CHECK(static_cast<bool>(owner));
    CHECK(releases == 0);
  }
  CHECK(releases == 1);
}

TEST_CASE_TEMPLATE("moving hands over", T, ArrowSchema, ArrowArray, ArrowArrayStream) {
  int first = 0;
  int second = 0;
  T raw_first = counted<T>(&first);
  T raw_second = counted<T>(&second);
  zkarrow::Unique<T> a(&raw_first);
  zkarrow::Unique<T> b(&raw_second);
  b = std::move(a);
  CHECK(second == 1);
  CHECK(first == 0);
  CHECK(!a);  // NOLINT: a moved-from owner owns nothing, which is promised
  zkarrow::Unique<T> c(std::move(b));
  CHECK(!b);  // NOLINT
  zkarrow::Unique<T>& same = c;
  c = std::move(same);
  CHECK(static_cast<bool>(c));
  CHECK(first == 0);
  c.reset();
  CHECK(first == 1);
  c.reset();
  CHECK(first == 1);
}

TEST_CASE("release hands the struct to the caller") {
  int releases = 0;
  ArrowArray raw = counted<ArrowArray>(&releases);
  zkarrow::UniqueArray owner(&raw);
  ArrowArray mine = owner.release();
  CHECK(!owner);
  CHECK(releases == 0);
  mine.release(&mine);
  CHECK(releases == 1);
}

TEST_CASE("out releases what was held before") {
  int releases = 0;
  ArrowArray raw = counted<ArrowArray>(&releases);
  zkarrow::UniqueArray owner(&raw);
  *owner.out() = counted<ArrowArray>(&releases);
  CHECK(releases == 1);
}

TEST_CASE("a stream that was released already is an error, not a crash") {
  zkarrow::UniqueStream stream;
  CHECK_THROWS_AS(static_cast<void>(stream.schema()), zkarrow::InvalidArgumentError);
  CHECK_THROWS_AS(static_cast<void>(stream.next()), zkarrow::InvalidArgumentError);
}
