/// \file
/// Arrow arrays made of std::vectors, for programs that have no Arrow library of their own.
#ifndef ZKARROW_BUILDER_HPP
#define ZKARROW_BUILDER_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#include <zkarrow/stream.hpp>

namespace zkarrow {
inline namespace v0 {
namespace detail {

/// The Arrow format of a value's type.
template <class T>
constexpr const char* format_of() noexcept {
  if constexpr (std::is_same_v<T, bool>) return "b";
  if constexpr (std::is_same_v<T, std::int8_t>) return "c";
  if constexpr (std::is_same_v<T, std::uint8_t>) return "C";
  if constexpr (std::is_same_v<T, std::int16_t>) return "s";
  if constexpr (std::is_same_v<T, std::uint16_t>) return "S";
  if constexpr (std::is_same_v<T, std::int32_t>) return "i";
  if constexpr (std::is_same_v<T, std::uint32_t>) return "I";
  if constexpr (std::is_same_v<T, std::int64_t>) return "l";
  if constexpr (std::is_same_v<T, std::uint64_t>) return "L";
  if constexpr (std::is_same_v<T, float>) return "f";
  if constexpr (std::is_same_v<T, double>) return "g";
  if constexpr (std::is_same_v<T, std::string>) return "u";
  return nullptr;
}

/// A schema of nullable fields; its strings and children live in its private data.
struct SchemaState {
  std::string format;
  std::string name;
  std::vector<UniqueSchema> children;
  std::vector<ArrowSchema*> pointers;

  static UniqueSchema make(std::string format, std::string name, std::vector<UniqueSchema> children = {}) {
    auto state = std::make_unique<SchemaState>();
    state->format = std::move(format);
    state->name = std::move(name);
    state->children = std::move(children);
    for (UniqueSchema& child : state->children) state->pointers.push_back(child.get());
    ArrowSchema raw{};
    raw.format = state->format.c_str();
    raw.name = state->name.c_str();
    raw.flags = ARROW_FLAG_NULLABLE;
    raw.n_children = static_cast<std::int64_t>(state->pointers.size());
    raw.children = state->pointers.data();
    raw.release = [](ArrowSchema* schema) {
      delete static_cast<SchemaState*>(schema->private_data);
      schema->release = nullptr;
    };
    raw.private_data = state.release();
    return UniqueSchema(&raw);
  }
};

/// An array; whatever its buffers point at lives in its private data.
struct ArrayState {
  std::vector<std::shared_ptr<const void>> memory;
  std::vector<const void*> buffers;
  std::vector<UniqueArray> children;
  std::vector<ArrowArray*> pointers;

  /// Keeps a container alive and makes its bytes the next buffer.
  template <class Container>
  void add(Container container) {
    auto kept = std::make_shared<Container>(std::move(container));
    buffers.push_back(kept->data());
    memory.push_back(std::move(kept));
  }

  static UniqueArray make(std::unique_ptr<ArrayState> state, std::size_t length, std::size_t null_count) {
    for (UniqueArray& child : state->children) state->pointers.push_back(child.get());
    ArrowArray raw{};
    raw.length = static_cast<std::int64_t>(length);
    raw.null_count = static_cast<std::int64_t>(null_count);
    raw.n_buffers = static_cast<std::int64_t>(state->buffers.size());
    raw.n_children = static_cast<std::int64_t>(state->pointers.size());
    raw.buffers = state->buffers.data();
    raw.children = state->pointers.data();
    raw.release = [](ArrowArray* array) {
      delete static_cast<ArrayState*>(array->private_data);
      array->release = nullptr;
    };
    raw.private_data = state.release();
    return UniqueArray(&raw);
  }
};

template <class Test>
std::vector<std::uint8_t> bitmap(std::size_t size, Test&& test) {
  std::vector<std::uint8_t> bits((size + 7) / 8, 0);
  for (std::size_t i = 0; i < size; ++i)
    if (test(i)) bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | (1 << (i % 8)));
  return bits;
}

/// Adds the buffers of values; `at(i)` is the value of row i, or one of no meaning when it is null.
template <class T, class At>
void add_values(ArrayState& state, std::size_t size, At&& at) {
  if constexpr (std::is_same_v<T, bool>) {
    state.add(bitmap(size, at));
  } else if constexpr (std::is_same_v<T, std::string>) {
    std::vector<std::int32_t> offsets{0};
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) {
      bytes += at(i);
      if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
        throw TooLargeError("a column of strings exceeded 2 GiB; use more than one batch");
      offsets.push_back(static_cast<std::int32_t>(bytes.size()));
    }
    state.add(std::move(offsets));
    state.add(std::move(bytes));
  } else {
    std::vector<T> values(size);
    for (std::size_t i = 0; i < size; ++i) values[i] = at(i);
    state.add(std::move(values));
  }
}

}  // namespace detail

/// A batch of columns of equal length, from std::vectors of numbers, bool or std::string. A vector
/// of plain numbers is taken over as it is; every other is laid out anew.
class BatchBuilder {
 public:
  /// Adds a column without nulls.
  template <class T>
  BatchBuilder& add(std::string name, std::vector<T> values) & {
    const std::size_t size = values.size();
    auto state = std::make_unique<detail::ArrayState>();
    state->buffers.push_back(nullptr);
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string>)
      detail::add_values<T>(*state, size, [&](std::size_t i) { return values[i]; });
    else
      state->add(std::move(values));
    return append<T>(std::move(name), size, 0, std::move(state));
  }
  /// Adds a column whose empty rows are null.
  template <class T>
  BatchBuilder& add(std::string name, std::vector<std::optional<T>> values) & {
    const std::size_t size = values.size();
    std::size_t nulls = 0;
    for (const auto& value : values) nulls += value.has_value() ? 0 : 1;
    auto state = std::make_unique<detail::ArrayState>();
    state->add(detail::bitmap(size, [&](std::size_t i) { return values[i].has_value(); }));
    detail::add_values<T>(*state, size, [&](std::size_t i) { return values[i].value_or(T()); });
    return append<T>(std::move(name), size, nulls, std::move(state));
  }
  /// Adds a column to a temporary.
  template <class Values>
  BatchBuilder&& add(std::string name, Values values) && {
    add(std::move(name), std::move(values));
    return std::move(*this);
  }

  /// The schema of what was added.
  [[nodiscard]] UniqueSchema schema() const {
    std::vector<UniqueSchema> fields;
    for (const auto& [name, format] : fields_) fields.push_back(detail::SchemaState::make(format, name));
    return detail::SchemaState::make("+s", "", std::move(fields));
  }
  /// The array of what was added; the builder keeps its schema and no rows.
  [[nodiscard]] UniqueArray array() {
    auto state = std::make_unique<detail::ArrayState>();
    state->buffers.push_back(nullptr);
    state->children = std::exchange(columns_, {});
    return detail::ArrayState::make(std::move(state), rows_, 0);
  }
  /// A stream of this one batch.
  [[nodiscard]] UniqueStream stream() &&;

 private:
  template <class T>
  BatchBuilder& append(std::string name, std::size_t size, std::size_t nulls,
                       std::unique_ptr<detail::ArrayState> state) {
    static_assert(detail::format_of<T>() != nullptr, "no Arrow type for this C++ type");
    if (!columns_.empty() && size != rows_)
      throw InvalidArgumentError("column '" + name + "' had " + std::to_string(size) + " rows where the others have " +
                                 std::to_string(rows_));
    rows_ = size;
    columns_.push_back(detail::ArrayState::make(std::move(state), size, nulls));
    fields_.emplace_back(std::move(name), detail::format_of<T>());
    return *this;
  }

  std::size_t rows_ = 0;
  std::vector<std::pair<std::string, std::string>> fields_;
  std::vector<UniqueArray> columns_;
};

namespace detail {

struct OneBatch {
  BatchBuilder builder;
  bool given = false;

  [[nodiscard]] UniqueSchema schema() const { return builder.schema(); }
  [[nodiscard]] UniqueArray next() { return std::exchange(given, true) ? UniqueArray() : builder.array(); }
};

}  // namespace detail

inline UniqueStream BatchBuilder::stream() && { return make_stream(detail::OneBatch{std::move(*this)}); }

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_BUILDER_HPP
