/// \file
/// What calls that wait have in common: a deadline and a way to cancel.
#ifndef ZKARROW_CALL_HPP
#define ZKARROW_CALL_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <zkarrow/error.hpp>

namespace zkarrow {
inline namespace v0 {

/// How long a call may wait: any std::chrono duration, or forever().
class Timeout {
 public:
  /// Waits at most this long, rounded up to milliseconds; zero and less do not wait.
  template <class Rep, class Period>
  constexpr Timeout(std::chrono::duration<Rep, Period> duration)  // NOLINT: meant to be implicit
      : milliseconds_(duration <= duration.zero() ? 0
                                                  : std::chrono::ceil<std::chrono::milliseconds>(duration).count()) {}
  /// Waits until the call is cancelled.
  [[nodiscard]] static constexpr Timeout forever() noexcept { return Timeout(-1); }
  /// The value as the C functions take it.
  [[nodiscard]] constexpr std::int64_t milliseconds() const noexcept { return milliseconds_; }

 private:
  constexpr explicit Timeout(std::int64_t milliseconds) noexcept : milliseconds_(milliseconds) {}
  std::int64_t milliseconds_;
};

/// The deadline of a call that was given none.
inline constexpr Timeout default_timeout = std::chrono::seconds(30);

namespace detail {

/// Frees a handle with its C function; a destructor has nobody to tell about a failure.
template <auto Free>
struct Freeing {
  template <class T>
  void operator()(T* handle) const noexcept {
    static_cast<void>(Free(handle));
  }
};

template <class T, auto Free>
using Handle = std::unique_ptr<T, Freeing<Free>>;

}  // namespace detail

/// A flag that ends waiting calls with CancelledError; it may serve any number of them at a time.
class Cancel {
 public:
  /// Makes a flag that is not fired.
  Cancel() {
    zka_cancel* raw = nullptr;
    detail::check([&](zka_error* error) { return zka_cancel_create(&raw, error); });
    handle_.reset(raw);
  }
  /// Ends the calls that wait with it, and those that will. Any thread.
  void fire() const noexcept { static_cast<void>(zka_cancel_fire(handle_.get())); }
  /// The C handle, still owned.
  [[nodiscard]] zka_cancel* get() const noexcept { return handle_.get(); }
  /// Hands the C handle to the caller, who has to free it.
  [[nodiscard]] zka_cancel* release() noexcept { return handle_.release(); }

 private:
  detail::Handle<zka_cancel, zka_cancel_free> handle_;
};

/// What every call that waits takes.
struct CallOptions {
  /// The deadline.
  Timeout timeout = default_timeout;
  /// Ends the call from another thread; it must outlive the call.
  const Cancel* cancel = nullptr;
};

namespace detail {

inline zka_cancel* handle_of(const Cancel* cancel) noexcept { return cancel != nullptr ? cancel->get() : nullptr; }

}  // namespace detail
}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_CALL_HPP
