// Tables made to order: MAKE of tests/contract/README.md.
#ifndef CONTRACT_MAKE_HPP
#define CONTRACT_MAKE_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>
#include <zkarrow/zkarrow.hpp>

namespace contract {

struct Make {
  std::string kind;
  std::int64_t rows = 0;
  std::int64_t seed = 0;
  std::int64_t batches = 1;
};

/// Which buffers the batches point at, in order.
using Addresses = std::vector<const void*>;

inline void remember(Addresses& addresses, const ArrowArray& batch) {
  for (std::int64_t c = 0; c < batch.n_children; ++c)
    for (std::int64_t b = 0; b < batch.children[c]->n_buffers; ++b) addresses.push_back(batch.children[c]->buffers[b]);
}

/// The source of a stream; `addresses` may be null.
class Maker {
 public:
  Maker(Make make, Addresses* addresses) : make_(std::move(make)), addresses_(addresses) {}

  [[nodiscard]] zkarrow::UniqueSchema schema() const { return batch(0, 0, make_.kind == "mismatched").schema(); }
  [[nodiscard]] zkarrow::UniqueArray next() {
    if (make_.kind == "half" && given_ == 1) throw DiskOnFire();
    if (given_ == make_.batches) return {};
    zkarrow::UniqueArray array = batch(given_++ * make_.rows, make_.rows, false).array();
    if (make_.kind == "released_array") array->children[0]->release(array->children[0]);
    if (addresses_ != nullptr) remember(*addresses_, *array.get());
    return array;
  }

 private:
  /// Its text is the contract's, without what std::system_error would add.
  struct DiskOnFire : std::system_error {
    DiskOnFire() : std::system_error(5, std::generic_category()) {}
    [[nodiscard]] const char* what() const noexcept override { return "disk on fire"; }
  };

  [[nodiscard]] zkarrow::BatchBuilder batch(std::int64_t first, std::int64_t rows, bool second_column) const {
    std::vector<std::int64_t> ids;
    std::vector<std::optional<double>> prices;
    std::vector<std::optional<std::string>> symbols;
    std::vector<bool> ups;
    for (std::int64_t i = first; i < first + rows; ++i) {
      const std::int64_t id = make_.seed + i;
      ids.push_back(id);
      prices.push_back(i % 7 == 3 ? std::nullopt : std::optional(static_cast<double>(id) * 0.5));
      symbols.push_back(i % 5 == 4 ? std::nullopt : std::optional("s" + std::to_string(id % 10)));
      ups.push_back(id % 3 == 0);
    }
    zkarrow::BatchBuilder builder;
    if (make_.kind != "mixed") {
      builder.add("x", ids);
      if (second_column) builder.add("y", std::move(ids));
      return builder;
    }
    builder.add("id", std::move(ids))
        .add("px", std::move(prices))
        .add("sym", std::move(symbols))
        .add("up", std::move(ups));
    return builder;
  }

  Make make_;
  Addresses* addresses_;
  std::int64_t given_ = 0;
};

inline zkarrow::UniqueStream make_stream(Make make, Addresses* addresses = nullptr) {
  if (make.kind == "half") make.batches = 2;
  return zkarrow::make_stream(Maker(std::move(make), addresses));
}

}  // namespace contract

#endif  // CONTRACT_MAKE_HPP
