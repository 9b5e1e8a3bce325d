/// \file
/// A memory pool for Arrow C++, so that its builders build inside a loan. A template over Arrow's own pool, so that the
/// binding needs no Arrow; zkarrow.hpp does not include it.
#ifndef ZKARROW_MEMORY_POOL_HPP
#define ZKARROW_MEMORY_POOL_HPP

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <zkarrow/loan.hpp>

namespace zkarrow {
inline namespace v0 {

/// Allocates from bytes of a loan: what Arrow's builders make with it is in the segment already.
///
///     // options.alloc_bytes: for all builders together, and for their growing
///     auto loan = client.loan(schema, 0, options);
///     zkarrow::LoanMemoryPool<arrow::MemoryPool> pool(loan, options.alloc_bytes);
///     arrow::DoubleBuilder builder(&pool);
///     // make a RecordBatch of what the builders finish, and arrow::ExportRecordBatch(*batch, &array)
///     loan.publish("prices/eod", array);
///
/// The loan must outlive the pool, and both what was built with it. Any thread. When the bytes are used up the builder
/// gets Status::OutOfMemory. Reserve() saves a builder its growing, and the segment the bytes that growing leaves
/// behind.
template <class Base>
class LoanMemoryPool final : public Base {
 public:
  /// arrow::Status.
  using Status = decltype(std::declval<Base&>().Allocate(std::int64_t(), static_cast<std::uint8_t**>(nullptr)));

  /// Takes `bytes` of the loan's LoanOptions::alloc_bytes.
  /// \throws TooLargeError fewer are left.
  LoanMemoryPool(Loan& loan, std::int64_t bytes) {
    const Span<std::uint8_t> arena = loan.allocate(static_cast<std::size_t>(bytes));
    start_ = arena.data();
    size_ = bytes;
    if (bytes > 0) free_.emplace(start_, bytes / kAlignment * kAlignment);
  }

  using Base::Allocate;
  using Base::Free;
  using Base::Reallocate;

  /// Takes the first free place that is large enough.
  Status Allocate(std::int64_t size, std::int64_t alignment, std::uint8_t** out) override {
    if (size < 0 || alignment > kAlignment) return Status::Invalid("a loan aligns to 64 bytes");
    const std::lock_guard<std::mutex> lock(changing_);
    return take(size, out);
  }
  /// Grows in place where the bytes behind are free, and moves otherwise.
  Status Reallocate(std::int64_t old_size, std::int64_t new_size, std::int64_t alignment, std::uint8_t** ptr) override {
    if (new_size < 0 || alignment > kAlignment) return Status::Invalid("a loan aligns to 64 bytes");
    const std::lock_guard<std::mutex> lock(changing_);
    const std::int64_t had = padded(old_size);
    const std::int64_t wanted = padded(new_size);
    if (had > 0 && wanted > 0 && (wanted <= had || grow(*ptr + had, wanted - had))) {
      if (wanted < had) give(*ptr + wanted, had - wanted);
      count(new_size - old_size);
      return Status::OK();
    }
    std::uint8_t* moved = nullptr;
    if (Status status = take(new_size, &moved); !status.ok()) return status;
    if (old_size > 0) std::memcpy(moved, *ptr, static_cast<std::size_t>(std::min(old_size, new_size)));
    give(*ptr, had);
    count(-old_size);
    *ptr = moved;
    return Status::OK();
  }
  /// Makes the place free again.
  void Free(std::uint8_t* buffer, std::int64_t size, std::int64_t) override {
    const std::lock_guard<std::mutex> lock(changing_);
    give(buffer, padded(size));
    count(-size);
  }

  /// Bytes in use.
  [[nodiscard]] std::int64_t bytes_allocated() const override { return locked(allocated_); }
  /// The most bytes that were ever in use.
  [[nodiscard]] std::int64_t max_memory() const override { return locked(most_); }
  /// Bytes of all allocations.
  [[nodiscard]] std::int64_t total_bytes_allocated() const override { return locked(total_); }
  /// How many allocations there were.
  [[nodiscard]] std::int64_t num_allocations() const override { return locked(allocations_); }
  /// The name of the pool.
  [[nodiscard]] std::string backend_name() const override { return "zkarrow loan"; }

 private:
  static constexpr std::int64_t kAlignment = 64;

  static std::int64_t padded(std::int64_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

  Status take(std::int64_t size, std::uint8_t** out) {
    const std::int64_t wanted = padded(size);
    *out = start_;
    if (wanted > 0) {
      const auto place =
          std::find_if(free_.begin(), free_.end(), [&](const auto& one) { return one.second >= wanted; });
      if (place == free_.end())
        return Status::OutOfMemory("the loan had no place for ", size, " more bytes beside the ", allocated_,
                                   " in use of ", size_, "; open it with more alloc_bytes");
      *out = place->first;
      cut(place, wanted);
    }
    count(size);
    ++allocations_;
    return Status::OK();
  }
  bool grow(std::uint8_t* end, std::int64_t more) {
    const auto place = free_.find(end);
    if (place == free_.end() || place->second < more) return false;
    cut(place, more);
    return true;
  }
  void cut(std::map<std::uint8_t*, std::int64_t>::iterator place, std::int64_t size) {
    const auto [start, had] = *place;
    free_.erase(place);
    if (had > size) free_.emplace(start + size, had - size);
  }
  void give(std::uint8_t* start, std::int64_t size) {
    if (size == 0) return;
    auto place = free_.emplace(start, size).first;
    const auto next = std::next(place);
    if (next != free_.end() && start + size == next->first) {
      place->second += next->second;
      free_.erase(next);
    }
    if (place == free_.begin()) return;
    const auto before = std::prev(place);
    if (before->first + before->second != start) return;
    before->second += place->second;
    free_.erase(place);
  }
  void count(std::int64_t change) {
    allocated_ += change;
    total_ += std::max<std::int64_t>(change, 0);
    most_ = std::max(most_, allocated_);
  }
  std::int64_t locked(const std::int64_t& value) const {
    const std::lock_guard<std::mutex> lock(changing_);
    return value;
  }

  mutable std::mutex changing_;
  std::map<std::uint8_t*, std::int64_t> free_;
  std::uint8_t* start_ = nullptr;
  std::int64_t size_ = 0;
  std::int64_t allocated_ = 0;
  std::int64_t most_ = 0;
  std::int64_t total_ = 0;
  std::int64_t allocations_ = 0;
};

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_MEMORY_POOL_HPP
