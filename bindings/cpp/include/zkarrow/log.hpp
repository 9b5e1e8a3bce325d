/// \file
/// Where the library's log lines go.
#ifndef ZKARROW_LOG_HPP
#define ZKARROW_LOG_HPP

#include <zkarrow/zkarrow.h>

#include <cstdint>
#include <forward_list>
#include <functional>
#include <mutex>
#include <string_view>
#include <utility>

namespace zkarrow {
inline namespace v0 {

/// How much a log line matters.
enum class LogLevel : std::int32_t {
  debug = ZKA_LOG_DEBUG,
  info = ZKA_LOG_INFO,
  warning = ZKA_LOG_WARNING,
  error = ZKA_LOG_ERROR,
};

/// Receives one line, which is valid during the call. It runs on threads of the library, several at a time, and must
/// not call the library or block. What it throws is dropped: no exception may pass through the library.
using LogCallback = std::function<void(LogLevel level, std::string_view message)>;

namespace detail {

/// Keeps a callback for as long as the process lives: clients that were opened with it may log at any time.
inline LogCallback* keep(LogCallback callback) {
  static std::mutex mutex;
  static auto* const kept =
      new std::forward_list<LogCallback>;  // never destroyed: it may be called while the process exits
  const std::lock_guard<std::mutex> lock(mutex);
  return &kept->emplace_front(std::move(callback));
}

inline void log_line(void* callback, std::int32_t level, const char* message) noexcept {
  try {
    (*static_cast<LogCallback*>(callback))(static_cast<LogLevel>(level), message);
  } catch (...) {  // NOLINT: above it is C
  }
}

}  // namespace detail

/// Sends lines of `level` and above to `callback`, for clients that are opened afterwards; an empty one switches
/// logging off. Each callback is kept until the process ends. Any thread.
inline void set_log_callback(LogCallback callback, LogLevel level = LogLevel::info) {
  if (callback) {
    zka_set_log_callback(detail::log_line, detail::keep(std::move(callback)), static_cast<std::int32_t>(level));
  } else {
    zka_set_log_callback(nullptr, nullptr, static_cast<std::int32_t>(level));
  }
}

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_LOG_HPP
