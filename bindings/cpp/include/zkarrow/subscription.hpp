/// \file
/// Every version of a dataset in order, each once.
#ifndef ZKARROW_SUBSCRIPTION_HPP
#define ZKARROW_SUBSCRIPTION_HPP

#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>
#include <zkarrow/call.hpp>
#include <zkarrow/version.hpp>

namespace zkarrow {
inline namespace v0 {

/// Every version of a dataset in order, each once. One thread at a time waits on it.
class Subscription {
 public:
  /// Takes over a C handle.
  explicit Subscription(zka_subscription* handle) noexcept : handle_(handle) {}

  /// Whether it holds something: false when moved from or released.
  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

  /// Waits for the next version; nothing when the time passed first. After any failure the next call
  /// goes on where this one stood.
  /// \throws NotFoundError the dataset was dropped.
  [[nodiscard]] std::optional<Version> next(Timeout timeout, const Cancel* cancel = nullptr) {
    zka_version_info raw = ZKA_VERSION_INFO_INIT;
    detail::ErrorBuffer error;
    const zka_status status =
        zka_subscription_next(get(), timeout.milliseconds(), detail::handle_of(cancel), &raw, &skipped_, error.get());
    if (status == ZKA_TIMEOUT) return std::nullopt;
    if (status != ZKA_OK) error.raise(status);
    return detail::version_of(raw);
  }
  /// How many versions before the last one returned could no longer be read.
  [[nodiscard]] std::uint64_t skipped() const noexcept { return skipped_; }

  /// The end of the range.
  struct End {};
  /// Walks the versions as they come.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Version;
    using difference_type = std::ptrdiff_t;
    using pointer = const Version*;
    using reference = const Version&;

    /// The version it points at.
    const Version& operator*() const noexcept { return *current_; }
    /// The version it points at.
    const Version* operator->() const noexcept { return &*current_; }
    /// Waits for the next version.
    Iterator& operator++() {
      current_ = subscription_->next(timeout_, cancel_);
      return *this;
    }
    /// Whether there is a version.
    friend bool operator!=(const Iterator& it, End) noexcept { return it.current_.has_value(); }
    /// Whether the time passed.
    friend bool operator==(const Iterator& it, End) noexcept { return !it.current_.has_value(); }

   private:
    friend class Subscription;
    Iterator(Subscription* subscription, Timeout timeout, const Cancel* cancel)
        : subscription_(subscription), timeout_(timeout), cancel_(cancel) {
      ++*this;
    }
    Subscription* subscription_;
    Timeout timeout_;
    const Cancel* cancel_;
    std::optional<Version> current_;
  };
  /// The versions as a range.
  class Range {
   public:
    /// Waits for the first version.
    [[nodiscard]] Iterator begin() const { return {subscription_, timeout_, cancel_}; }
    /// The end of the range.
    [[nodiscard]] End end() const noexcept { return {}; }

   private:
    friend class Subscription;
    Range(Subscription* subscription, Timeout timeout, const Cancel* cancel) noexcept
        : subscription_(subscription), timeout_(timeout), cancel_(cancel) {}
    Subscription* subscription_;
    Timeout timeout_;
    const Cancel* cancel_;
  };

  /// The versions as a range that ends when none came for `timeout`, and throws CancelledError when
  /// cancelled: `for (auto& version : subscription.versions(10s))`.
  [[nodiscard]] Range versions(Timeout timeout, const Cancel* cancel = nullptr) noexcept {
    return {this, timeout, cancel};
  }
  /// The versions without an end: `for (auto& version : subscription)`.
  [[nodiscard]] Iterator begin() { return versions(Timeout::forever()).begin(); }
  /// The end of the range, which is never reached.
  [[nodiscard]] End end() const noexcept { return {}; }

  /// Ends the subscription before the destructor does. To end a waiting call, fire its Cancel.
  void close() noexcept { handle_.reset(); }
  /// The C handle, still owned.
  [[nodiscard]] zka_subscription* get() const noexcept { return handle_.get(); }
  /// Hands the C handle to the caller, who has to close it.
  [[nodiscard]] zka_subscription* release() noexcept { return handle_.release(); }

 private:
  detail::Handle<zka_subscription, zka_subscription_close> handle_;
  std::uint64_t skipped_ = 0;
};

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_SUBSCRIPTION_HPP
