/// \file
/// Typed views over the columns of an Arrow array: nothing is copied and nothing is owned.
#ifndef ZKARROW_COLUMN_HPP
#define ZKARROW_COLUMN_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <zkarrow/arrow.hpp>

namespace zkarrow {
inline namespace v0 {

/// A run of values in memory that belongs to somebody else (std::span begins with C++20).
template <class T>
class Span {
 public:
  /// An empty run.
  constexpr Span() noexcept = default;
  /// The run of `size` values at `data`.
  constexpr Span(T* data, std::size_t size) noexcept : data_(data), size_(size) {}
  /// The first value.
  [[nodiscard]] constexpr T* data() const noexcept { return data_; }
  /// How many values.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  /// Whether there is no value.
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  /// A value; the index is not checked.
  [[nodiscard]] constexpr T& operator[](std::size_t index) const noexcept { return data_[index]; }
  /// The first value.
  [[nodiscard]] constexpr T* begin() const noexcept { return data_; }
  /// One behind the last value.
  [[nodiscard]] constexpr T* end() const noexcept { return data_ + size_; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

namespace detail {

/// A bitmap in Arrow's order; an absent one is all ones.
class Bits {
 public:
  Bits() noexcept = default;
  Bits(const void* bytes, std::int64_t offset) noexcept
      : bytes_(static_cast<const std::uint8_t*>(bytes)), offset_(offset) {}
  [[nodiscard]] bool operator[](std::size_t index) const noexcept {
    if (bytes_ == nullptr) return true;
    const std::size_t bit = index + static_cast<std::size_t>(offset_);
    return ((bytes_[bit / 8] >> (bit % 8)) & 1) != 0;
  }

 private:
  const std::uint8_t* bytes_ = nullptr;
  std::int64_t offset_ = 0;
};

/// Where the rows of one column are: the column, its first row and their number.
struct Rows {
  const ArrowArray* array;
  std::int64_t offset;
  std::size_t size;

  [[nodiscard]] const void* buffer(std::int64_t index) const noexcept {
    return index < array->n_buffers ? array->buffers[index] : nullptr;
  }
  /// The validity, or all ones where the array says that it has no nulls.
  [[nodiscard]] Bits validity() const noexcept { return array->null_count == 0 ? Bits() : Bits(buffer(0), offset); }
};

/// Whether values of this Arrow format lie in memory as an array of T. Dates, times, timestamps and
/// durations count as the integers that they are stored as.
template <class T>
bool stored_as(std::string_view format) noexcept {
  [[maybe_unused]] const auto is = [&](std::string_view one) { return format == one; };
  [[maybe_unused]] const auto begins = [&](std::string_view one) { return format.substr(0, one.size()) == one; };
  if constexpr (std::is_same_v<T, std::int8_t>) return is("c");
  if constexpr (std::is_same_v<T, std::uint8_t>) return is("C");
  if constexpr (std::is_same_v<T, std::int16_t>) return is("s");
  if constexpr (std::is_same_v<T, std::uint16_t>) return is("S") || is("e");
  if constexpr (std::is_same_v<T, std::int32_t>) return is("i") || is("tdD") || is("tts") || is("ttm");
  if constexpr (std::is_same_v<T, std::uint32_t>) return is("I");
  if constexpr (std::is_same_v<T, std::int64_t>)
    return is("l") || begins("ts") || is("tdm") || is("ttu") || is("ttn") || begins("tD");
  if constexpr (std::is_same_v<T, std::uint64_t>) return is("L");
  if constexpr (std::is_same_v<T, float>) return is("f");
  if constexpr (std::is_same_v<T, double>) return is("g");
  return false;
}

}  // namespace detail

/// What every column view has: a size, and which rows are null.
class ColumnBase {
 public:
  /// How many rows.
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size; }
  /// Whether a row has a value.
  [[nodiscard]] bool is_valid(std::size_t row) const noexcept { return validity_[row]; }
  /// Whether a row has no value.
  [[nodiscard]] bool is_null(std::size_t row) const noexcept { return !validity_[row]; }

 protected:
  explicit ColumnBase(const detail::Rows& rows) noexcept : rows_(rows), validity_(rows.validity()) {}

  detail::Rows rows_;

 private:
  detail::Bits validity_;
};

/// A column of numbers. It is valid as long as the batch that it came from.
template <class T>
class Column : public ColumnBase {
 public:
  /// Views rows whose storage is known to be an array of T; see Batch::column().
  explicit Column(const detail::Rows& rows) noexcept : ColumnBase(rows) {
    const auto* values = static_cast<const T*>(rows.buffer(1));
    if (values != nullptr) values_ = Span<const T>(values + rows.offset, rows.size);
  }
  /// All values, the unspecified ones of null rows too.
  [[nodiscard]] Span<const T> values() const noexcept { return values_; }
  /// The value of a row; unspecified when the row is null.
  [[nodiscard]] const T& operator[](std::size_t row) const noexcept { return values_[row]; }
  /// The value of a row, or nothing when it is null.
  [[nodiscard]] std::optional<T> get(std::size_t row) const noexcept {
    return is_valid(row) ? std::optional<T>(values_[row]) : std::nullopt;
  }
  /// The first value.
  [[nodiscard]] const T* begin() const noexcept { return values_.begin(); }
  /// One behind the last value.
  [[nodiscard]] const T* end() const noexcept { return values_.end(); }

 private:
  Span<const T> values_;
};

/// A column of booleans. It is valid as long as the batch that it came from.
class Bools : public ColumnBase {
 public:
  /// Views rows whose storage is known to be a bitmap; see Batch::bools().
  explicit Bools(const detail::Rows& rows) noexcept : ColumnBase(rows), values_(rows.buffer(1), rows.offset) {}
  /// The value of a row; unspecified when the row is null.
  [[nodiscard]] bool operator[](std::size_t row) const noexcept { return values_[row]; }
  /// The value of a row, or nothing when it is null.
  [[nodiscard]] std::optional<bool> get(std::size_t row) const noexcept {
    return is_valid(row) ? std::optional<bool>(values_[row]) : std::nullopt;
  }

 private:
  detail::Bits values_;
};

/// A column of strings or of bytes. It is valid as long as the batch that it came from.
class Strings : public ColumnBase {
 public:
  /// How the values lie in memory.
  enum class Storage { offsets32, offsets64, views };

  /// Views rows of a known storage; see Batch::strings().
  Strings(const detail::Rows& rows, Storage storage) noexcept : ColumnBase(rows), storage_(storage) {}
  /// The value of a row; unspecified when the row is null.
  [[nodiscard]] std::string_view operator[](std::size_t row) const noexcept {
    switch (storage_) {
      case Storage::offsets32:
        return between<std::int32_t>(row);
      case Storage::offsets64:
        return between<std::int64_t>(row);
      default:
        return view(row);
    }
  }
  /// The value of a row, or nothing when it is null.
  [[nodiscard]] std::optional<std::string_view> get(std::size_t row) const noexcept {
    return is_valid(row) ? std::optional<std::string_view>((*this)[row]) : std::nullopt;
  }

 private:
  template <class Offset>
  std::string_view between(std::size_t row) const noexcept {
    const Offset* offsets = static_cast<const Offset*>(rows_.buffer(1)) + rows_.offset;
    const auto size = static_cast<std::size_t>(offsets[row + 1] - offsets[row]);
    // the bytes of an all-empty column may be absent
    return size == 0 ? std::string_view()
                     : std::string_view(static_cast<const char*>(rows_.buffer(2)) + offsets[row], size);
  }
  // 16 bytes: the length, then up to 12 bytes in place, else a prefix, a buffer and an offset in it
  std::string_view view(std::size_t row) const noexcept {
    const char* at = static_cast<const char*>(rows_.buffer(1)) + (static_cast<std::size_t>(rows_.offset) + row) * 16;
    std::int32_t parts[4];
    std::memcpy(parts, at, sizeof(parts));
    const auto size = static_cast<std::size_t>(parts[0]);
    if (size <= 12) return {at + 4, size};
    return {static_cast<const char*>(rows_.buffer(2 + parts[2])) + parts[3], size};
  }

  Storage storage_;
};

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_COLUMN_HPP
