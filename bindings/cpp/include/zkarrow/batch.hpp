/// \file
/// A batch of a table with its schema, and the range of the batches of a stream.
#ifndef ZKARROW_BATCH_HPP
#define ZKARROW_BATCH_HPP

#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <zkarrow/column.hpp>

namespace zkarrow {
inline namespace v0 {

/// Some rows of a table. It holds their bytes until it goes, whatever becomes of the table.
class Batch {
 public:
  /// Holds nothing.
  Batch() = default;
  /// Takes over an array whose type is the struct type of `schema`.
  Batch(std::shared_ptr<const UniqueSchema> schema, UniqueArray array) noexcept
      : schema_(std::move(schema)), array_(std::move(array)) {}

  /// Whether there are rows to look at: false behind the end of a stream.
  explicit operator bool() const noexcept { return static_cast<bool>(array_); }
  /// How many rows.
  [[nodiscard]] std::size_t rows() const noexcept { return static_cast<std::size_t>(array_->length); }
  /// How many columns.
  [[nodiscard]] std::size_t columns() const noexcept { return static_cast<std::size_t>(array_->n_children); }
  /// The schema, still owned.
  [[nodiscard]] const ArrowSchema& schema() const noexcept { return *schema_->get(); }
  /// The array, still owned.
  [[nodiscard]] const ArrowArray& array() const noexcept { return *array_.get(); }
  /// Hands the array to the caller, who has to release it; the batch holds nothing afterwards.
  [[nodiscard]] ArrowArray release() noexcept { return array_.release(); }

  /// Where a column is.
  /// \throws NotFoundError there is no such column.
  [[nodiscard]] std::size_t index_of(std::string_view name) const {
    for (std::size_t i = 0; i < columns(); ++i) {
      const char* here = schema().children[i]->name;
      if (here != nullptr && name == here) return i;
    }
    throw NotFoundError("the batch had no column '" + std::string(name) + "'");
  }

  /// A column of numbers; dates, times, timestamps and durations are the integers they are stored as.
  /// \throws NotFoundError there is no such column.
  /// \throws SchemaMismatchError its values are not stored as T.
  template <class T>
  [[nodiscard]] Column<T> column(std::size_t index) const {
    if (!detail::stored_as<T>(format(index))) mismatch(index, "numbers of the type asked for");
    return Column<T>(rows_of(index));
  }
  /// A column of numbers by its name.
  template <class T>
  [[nodiscard]] Column<T> column(std::string_view name) const {
    return column<T>(index_of(name));
  }

  /// A column of booleans.
  /// \throws NotFoundError there is no such column.
  /// \throws SchemaMismatchError it has another type.
  [[nodiscard]] Bools bools(std::size_t index) const {
    if (format(index) != "b") mismatch(index, "booleans");
    return Bools(rows_of(index));
  }
  /// A column of booleans by its name.
  [[nodiscard]] Bools bools(std::string_view name) const { return bools(index_of(name)); }

  /// A column of strings or bytes, in any of their three storages.
  /// \throws NotFoundError there is no such column.
  /// \throws SchemaMismatchError it has another type.
  [[nodiscard]] Strings strings(std::size_t index) const {
    const std::string_view type = format(index);
    if (type == "u" || type == "z") return {rows_of(index), Strings::Storage::offsets32};
    if (type == "U" || type == "Z") return {rows_of(index), Strings::Storage::offsets64};
    if (type == "vu" || type == "vz") return {rows_of(index), Strings::Storage::views};
    mismatch(index, "strings");
  }
  /// A column of strings or bytes by its name.
  [[nodiscard]] Strings strings(std::string_view name) const { return strings(index_of(name)); }

 private:
  std::string_view format(std::size_t index) const {
    if (index >= columns())
      throw NotFoundError("the batch had no column " + std::to_string(index) + ", only " + std::to_string(columns()));
    const ArrowSchema& field = *schema().children[index];
    return field.dictionary == nullptr ? field.format : "a dictionary";
  }
  [[noreturn]] void mismatch(std::size_t index, const char* wanted) const {
    const char* name = schema().children[index]->name;
    throw SchemaMismatchError("column '" + std::string(name != nullptr ? name : "") + "' was no column of " + wanted +
                              ": its Arrow format is '" + std::string(format(index)) + "'");
  }
  // a batch may itself be a slice: its offset counts for each of its columns
  detail::Rows rows_of(std::size_t index) const noexcept {
    const ArrowArray* child = array_->children[index];
    return {child, child->offset + array_->offset, rows()};
  }

  std::shared_ptr<const UniqueSchema> schema_;
  UniqueArray array_;
};

/// The batches of a stream, once through: `for (auto& batch : table.batches())`.
class Batches {
 public:
  /// Takes over a stream.
  explicit Batches(UniqueStream stream)
      : stream_(std::move(stream)), schema_(std::make_shared<UniqueSchema>(stream_.schema())) {}

  /// The end of the range.
  struct End {};
  /// Walks the range; the batch it points at is gone, unless moved away, once it moves on.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Batch;
    using difference_type = std::ptrdiff_t;
    using pointer = Batch*;
    using reference = Batch&;

    /// The batch it points at.
    Batch& operator*() const noexcept { return batches_->current_; }
    /// The batch it points at.
    Batch* operator->() const noexcept { return &batches_->current_; }
    /// Goes to the next batch.
    Iterator& operator++() {
      batches_->current_ = batches_->next();
      return *this;
    }
    /// Whether the stream goes on.
    friend bool operator!=(const Iterator& it, End) noexcept { return static_cast<bool>(*it); }
    /// Whether the stream is at its end.
    friend bool operator==(const Iterator& it, End) noexcept { return !*it; }

   private:
    friend class Batches;
    explicit Iterator(Batches* batches) noexcept : batches_(batches) {}
    Batches* batches_;
  };

  /// Reads the first batch.
  [[nodiscard]] Iterator begin() {
    current_ = next();
    return Iterator(this);
  }
  /// The end of the range.
  [[nodiscard]] End end() const noexcept { return {}; }
  /// The next batch; one that is false at the end.
  [[nodiscard]] Batch next() { return {schema_, stream_.next()}; }
  /// The schema, still owned.
  [[nodiscard]] const ArrowSchema& schema() const noexcept { return *schema_->get(); }

 private:
  UniqueStream stream_;
  std::shared_ptr<const UniqueSchema> schema_;
  Batch current_;
};

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_BATCH_HPP
