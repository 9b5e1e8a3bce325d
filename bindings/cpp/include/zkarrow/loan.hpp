/// \file
/// A batch built in place, inside the segment that it becomes.
#ifndef ZKARROW_LOAN_HPP
#define ZKARROW_LOAN_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <zkarrow/arrow.hpp>
#include <zkarrow/column.hpp>
#include <zkarrow/owner.hpp>

namespace zkarrow {
inline namespace v0 {

/// What a loan shall have room for besides its rows.
struct LoanOptions {
  /// Bytes for the values of each variable-length column; nothing when the schema has none.
  std::optional<std::int64_t> var_bytes;
  /// The same for each column of the top level, -1 = var_bytes; empty = var_bytes for all.
  std::vector<std::int64_t> column_var_bytes;
  /// Bytes that are no column's, for Loan::allocate() and memory pools.
  std::int64_t alloc_bytes = 0;
};

namespace detail {

/// A column of a loan, at any depth.
struct LoanColumn {
  std::string path;
  std::string format;
  bool nullable;
  ArrowArray* array;
  std::int64_t var_bytes;
};

}  // namespace detail

/// A writable bitmap in Arrow's order.
class MutableBits {
 public:
  /// The bitmap of `size` bits at `bytes`.
  MutableBits(std::uint8_t* bytes, std::size_t size) noexcept : bytes_(bytes), size_(size) {}
  /// How many bits.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// The bytes; the first bit is the lowest of the first byte.
  [[nodiscard]] std::uint8_t* data() const noexcept { return bytes_; }
  /// A bit; the index is not checked.
  [[nodiscard]] bool operator[](std::size_t index) const noexcept {
    return ((bytes_[index / 8] >> (index % 8)) & 1) != 0;
  }
  /// Sets a bit; the index is not checked.
  void set(std::size_t index, bool value) const noexcept {
    const auto bit = static_cast<std::uint8_t>(1U << (index % 8));
    std::uint8_t& byte = bytes_[index / 8];
    byte = static_cast<std::uint8_t>(value ? byte | bit : byte & ~bit);
  }

 private:
  std::uint8_t* bytes_;
  std::size_t size_;
};

/// Fills a column of strings or bytes of a loan value by value, from its first row on.
class LoanStrings {
 public:
  /// Fills a column whose format is that of strings or bytes; see Loan::strings().
  explicit LoanStrings(const detail::LoanColumn& column) noexcept : column_(&column) { set_offset(0); }
  /// The values appended.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Appends a value.
  /// \throws TooLargeError there is no row or no byte left.
  void append(std::string_view value) {
    next(value.size());
    if (!value.empty()) std::memcpy(data() + used_, value.data(), value.size());
    used_ += value.size();
    set_offset(++size_);
  }
  /// Appends a null.
  /// \throws TooLargeError there is no row left.
  /// \throws SchemaMismatchError the column is not nullable.
  void append_null();

 private:
  void next(std::size_t bytes) const {
    const auto rows = static_cast<std::size_t>(column_->array->length);
    const auto capacity = static_cast<std::size_t>(column_->var_bytes);
    if (size_ == rows)
      throw TooLargeError("the loan had room for " + std::to_string(rows) + " values in column '" + column_->path +
                          "' and one more was appended; open it with more rows");
    if (bytes > capacity - used_)
      throw TooLargeError("the loan had " + std::to_string(capacity) + " bytes for the values of column '" +
                          column_->path + "' and " + std::to_string(used_ + bytes) +
                          " were appended; open it with more (var_bytes)");
  }
  [[nodiscard]] char* data() const noexcept {
    return static_cast<char*>(const_cast<void*>(column_->array->buffers[2]));
  }
  void set_offset(std::size_t row) const noexcept {
    void* offsets = const_cast<void*>(column_->array->buffers[1]);
    if (column_->format == "u" || column_->format == "z")
      static_cast<std::int32_t*>(offsets)[row] = static_cast<std::int32_t>(used_);
    else
      static_cast<std::int64_t*>(offsets)[row] = static_cast<std::int64_t>(used_);
  }

  const detail::LoanColumn* column_;
  std::size_t size_ = 0;
  std::size_t used_ = 0;
};

/// A batch under construction inside a segment, from Client::loan(): what is written into its columns is in shared
/// memory already, so that publishing copies nothing and costs the same whatever the size.
///
/// One thread at a time, while its columns may be written by any number. A column inside a struct or a list is named by
/// its path, as in "position.x" or "readings.item". Its views are valid as long as the loan. Once published it is
/// spent: what is written later is seen by this process alone. A publish that fails leaves it to be published again,
/// unless outcome_unknown() says otherwise; do not write during the call. Destroyed unpublished, it leaves nothing.
class Loan {
 public:
  /// Opens a loan; see Client::loan().
  Loan(zka_client* client, const ArrowSchema& schema, std::int64_t rows, const LoanOptions& options) {
    zka_loan_options raw = ZKA_LOAN_OPTIONS_INIT;
    raw.var_bytes = options.var_bytes.value_or(-1);
    if (!options.column_var_bytes.empty()) raw.column_var_bytes = options.column_var_bytes.data();
    raw.n_columns = static_cast<std::int64_t>(options.column_var_bytes.size());
    raw.alloc_bytes = options.alloc_bytes;
    zka_loan* handle = nullptr;
    detail::check(
        [&](zka_error* error) { return zka_loan_open(client, &schema, rows, &raw, array_.out(), &handle, error); });
    handle_.reset(handle);
    for (std::int64_t i = 0; i < schema.n_children; ++i) {
      const auto index = static_cast<std::size_t>(i);
      const bool own = index < options.column_var_bytes.size() && options.column_var_bytes[index] >= 0;
      add(*schema.children[i], array_->children[i], "", own ? options.column_var_bytes[index] : raw.var_bytes);
    }
  }

  /// Whether it holds something: false when moved from, closed or released.
  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }
  /// The rows that will be published: at first all that there is room for.
  [[nodiscard]] std::size_t rows() const noexcept { return static_cast<std::size_t>(array_->length); }
  /// Publishes only the first rows; more than there is room for is refused when publishing.
  void set_rows(std::size_t rows) noexcept { array_->length = static_cast<std::int64_t>(rows); }
  /// The writable batch as a C struct, still owned: its children's null_count may be set.
  [[nodiscard]] ArrowArray& array() noexcept { return *array_.get(); }

  /// The values of a column of numbers; dates, times, timestamps and durations are the integers they are stored as.
  /// \throws NotFoundError there is no such column.
  /// \throws SchemaMismatchError its values are not stored as T.
  template <class T>
  [[nodiscard]] Span<T> column(std::string_view path) {
    const detail::LoanColumn& column = find(path);
    if (!detail::stored_as<T>(column.format)) mismatch(column, "numbers of the type asked for");
    return {buffer<T>(column, 1), length(column)};
  }
  /// The bytes of the values of a column of any fixed width.
  /// \throws NotFoundError there is no such column.
  [[nodiscard]] std::uint8_t* data(std::string_view path) { return buffer<std::uint8_t>(find(path), 1); }
  /// The values of a column of booleans.
  /// \throws NotFoundError there is no such column.
  /// \throws SchemaMismatchError it has another type.
  [[nodiscard]] MutableBits bits(std::string_view path) {
    const detail::LoanColumn& column = find(path);
    if (column.format != "b") mismatch(column, "booleans");
    return {buffer<std::uint8_t>(column, 1), length(column)};
  }
  /// Appends to a column of strings or bytes, from its first row on.
  /// \throws NotFoundError there is no such column.
  /// \throws SchemaMismatchError it has another type.
  [[nodiscard]] LoanStrings strings(std::string_view path) {
    const detail::LoanColumn& column = find(path);
    if (!is_text(column)) mismatch(column, "strings");
    return LoanStrings(column);
  }
  /// Where each value of strings or lists begins, and behind them where the last one ends.
  /// \throws NotFoundError there is no such column.
  /// \throws SchemaMismatchError it has no offsets of this width.
  template <class Offset>
  [[nodiscard]] Span<Offset> offsets(std::string_view path) {
    static_assert(sizeof(Offset) == 4 || sizeof(Offset) == 8, "offsets have 4 or 8 bytes");
    const detail::LoanColumn& column = find(path);
    const std::string_view narrow[] = {"u", "z", "+l"};
    const std::string_view wide[] = {"U", "Z", "+L"};
    bool good = false;
    for (const std::string_view format : sizeof(Offset) == 4 ? narrow : wide) good = good || column.format == format;
    if (!good) mismatch(column, "offsets of the width asked for");
    return {buffer<Offset>(column, 1), length(column) + 1};
  }
  /// Which rows have a value. All have one when it is first asked for, and from then on the nulls are counted when the
  /// loan is published, unless set_null_count() tells. A column whose validity nobody asked for has no nulls. \throws
  /// NotFoundError there is no such column. \throws SchemaMismatchError it is not nullable.
  [[nodiscard]] MutableBits validity(std::string_view path) { return validity_of(find(path)); }
  /// Says how many of the rows to be published are null; it is believed.
  /// \throws NotFoundError there is no such column.
  void set_null_count(std::string_view path, std::size_t nulls) {
    find(path).array->null_count = static_cast<std::int64_t>(nulls);
  }
  /// Bytes that are no column's, out of LoanOptions::alloc_bytes: zero, at a multiple of 64.
  /// \throws TooLargeError fewer are left.
  [[nodiscard]] Span<std::uint8_t> allocate(std::size_t bytes) {
    void* start = nullptr;
    detail::check(
        [&](zka_error* error) { return zka_loan_alloc(get(), static_cast<std::int64_t>(bytes), &start, error); });
    return {static_cast<std::uint8_t*>(start), bytes};
  }

  /// Makes the first rows() rows the next version of a dataset, atomically; makes the dataset when it does not exist.
  Version publish(const std::string& name, const PublishOptions& options = {}) {
    return publish(name, *array_.get(), options);
  }
  /// Makes another batch of the same schema the next version, whose buffers lie in the loan: one that was built in its
  /// allocated bytes. The batch stays the caller's.
  Version publish(const std::string& name, const ArrowArray& batch, const PublishOptions& options = {}) {
    const detail::RawPublishOptions raw(options);
    return detail::get_version([&](zka_version_info* out, zka_error* error) {
      return zka_loan_publish(get(), detail::c_str(name), &batch, raw.get(), options.timeout.milliseconds(),
                              detail::handle_of(options.cancel), out, error);
    });
  }

  /// Closes before the destructor does; views of the columns must not be used any more.
  void close() noexcept {
    columns_.clear();
    array_.reset();
    handle_.reset();
  }
  /// The C handle, still owned.
  [[nodiscard]] zka_loan* get() const noexcept { return handle_.get(); }
  /// Hands the C handle to the caller, who has to close it; the views stay valid as long as this object.
  [[nodiscard]] zka_loan* release() noexcept { return handle_.release(); }

 private:
  friend class LoanStrings;

  void add(const ArrowSchema& field, ArrowArray* array, const std::string& parent, std::int64_t var_bytes) {
    std::string path = parent + (field.name != nullptr ? field.name : "");
    for (std::int64_t i = 0; i < field.n_children; ++i)
      add(*field.children[i], array->children[i], path + ".", var_bytes);
    columns_.push_back({std::move(path), field.format, (field.flags & ARROW_FLAG_NULLABLE) != 0, array, var_bytes});
  }
  const detail::LoanColumn& find(std::string_view path) const {
    for (const detail::LoanColumn& column : columns_)
      if (column.path == path) return column;
    throw NotFoundError("the loan had no column '" + std::string(path) + "'");
  }
  [[noreturn]] static void mismatch(const detail::LoanColumn& column, const char* wanted) {
    throw SchemaMismatchError("column '" + column.path + "' was no column of " + wanted + ": its Arrow format is '" +
                              column.format + "'");
  }
  static bool is_text(const detail::LoanColumn& column) {
    return column.format == "u" || column.format == "U" || column.format == "z" || column.format == "Z";
  }
  static std::size_t length(const detail::LoanColumn& column) noexcept {
    return static_cast<std::size_t>(column.array->length);
  }
  template <class T>
  static T* buffer(const detail::LoanColumn& column, std::int64_t index) noexcept {
    return static_cast<T*>(const_cast<void*>(column.array->buffers[index]));
  }
  static MutableBits validity_of(const detail::LoanColumn& column) {
    const MutableBits bits(buffer<std::uint8_t>(column, 0), length(column));
    if (!column.nullable || column.array->n_buffers == 0) mismatch(column, "nullable values");
    if (column.array->null_count == 0 && bits.size() > 0) {
      std::memset(bits.data(), 0xFF, (bits.size() + 7) / 8);
      column.array->null_count = -1;
    }
    return bits;
  }

  detail::Handle<zka_loan, zka_loan_close> handle_;
  UniqueArray array_;
  std::vector<detail::LoanColumn> columns_;
};

inline void LoanStrings::append_null() {
  next(0);
  Loan::validity_of(*column_).set(size_, false);
  set_offset(++size_);
}

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_LOAN_HPP
