#include <doctest/doctest.h>

#include <cerrno>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>
#include <zkarrow/zkarrow.hpp>

#include "counting.hpp"

namespace {

/// Gives one batch, then throws what it was made with.
template <class Thrown>
class Failing {
 public:
  explicit Failing(Thrown thrown) : thrown_(std::move(thrown)) {}
  [[nodiscard]] zkarrow::UniqueSchema schema() const { return batch().schema(); }
  [[nodiscard]] zkarrow::UniqueArray next() {
    if (std::exchange(given_, true)) throw Thrown(thrown_);
    return batch().array();
  }

 private:
  static zkarrow::BatchBuilder batch() {
    zkarrow::BatchBuilder builder;
    builder.add("x", std::vector<std::int64_t>{1});
    return builder;
  }
  Thrown thrown_;
  bool given_ = false;
};

template <class Thrown>
int errno_of(Thrown thrown, std::string* text) {
  zkarrow::UniqueStream stream = zkarrow::make_stream(Failing<Thrown>(std::move(thrown)));
  zkarrow::UniqueArray array;
  REQUIRE(stream->get_next(stream.get(), array.out()) == 0);
  const int code = stream->get_next(stream.get(), array.out());
  CHECK(!array);
  const char* last = stream->get_last_error(stream.get());
  *text = last != nullptr ? last : "";
  return code;
}

struct Strange {};

}  // namespace

TEST_CASE("what a source throws becomes an errno and a text") {
  std::string text;
  CHECK(errno_of(std::runtime_error("disk on fire"), &text) == EIO);
  CHECK(text == "disk on fire");
  CHECK(errno_of(std::system_error(ENOSPC, std::generic_category()), &text) == ENOSPC);
  CHECK(!text.empty());
  CHECK(errno_of(std::bad_alloc(), &text) == ENOMEM);
  CHECK(errno_of(Strange(), &text) == EIO);
}

TEST_CASE("the reader of a failed stream gets an exception with its text") {
  zkarrow::Batches batches(zkarrow::make_stream(Failing<std::runtime_error>(std::runtime_error("disk on fire"))));
  CHECK(static_cast<bool>(batches.next()));
  CHECK_THROWS_WITH_AS(static_cast<void>(batches.next()), "the Arrow stream failed: disk on fire",
                       zkarrow::CorruptError);
}

TEST_CASE("the library passes a source's text on and consumes nothing") {
  const auto before = alive();
  zkarrow::UniqueStream stream = zkarrow::make_stream(Failing<std::runtime_error>(std::runtime_error("disk on fire")));
  try {
    static_cast<void>(zkarrow::echo(stream));
    FAIL("nothing was thrown");
  } catch (const zkarrow::InvalidArgumentError& error) {
    CHECK(std::string(error.what()).find("disk on fire") != std::string::npos);
  }
  CHECK(static_cast<bool>(stream));
  CHECK(alive() == before);
}

TEST_CASE("a stream gives its schema more than once and destroys its source once") {
  struct Source {
    explicit Source(int* counter) : alive(counter) { ++*alive; }
    Source(Source&& other) noexcept : alive(std::exchange(other.alive, nullptr)) {}
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    Source& operator=(Source&&) = delete;
    ~Source() {
      if (alive != nullptr) --*alive;
    }
    [[nodiscard]] static zkarrow::UniqueSchema schema() { return zkarrow::BatchBuilder().schema(); }
    [[nodiscard]] static zkarrow::UniqueArray next() { return {}; }
    int* alive;
  };
  int sources = 0;
  {
    zkarrow::UniqueStream stream = zkarrow::make_stream(Source(&sources));
    CHECK(sources == 1);
    CHECK(static_cast<bool>(stream.schema()));
    CHECK(static_cast<bool>(stream.schema()));
    CHECK(!stream.next());
    CHECK(!stream.next());
  }
  CHECK(sources == 0);
}
