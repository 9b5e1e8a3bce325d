/// \file
/// Statuses as exceptions: every failure is a zkarrow::Error, with one leaf per status.
#ifndef ZKARROW_ERROR_HPP
#define ZKARROW_ERROR_HPP

#include <zkarrow/zkarrow.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#if __has_include(<version>)
#include <version>
#endif
#ifdef __cpp_lib_expected
#include <expected>
#endif

namespace zkarrow {
inline namespace v0 {

/// How an operation ended. A newer library may return a value that has no name here.
enum class Status : std::int32_t {
  ok = ZKA_OK,
  invalid_argument = ZKA_INVALID_ARGUMENT,
  invalid_handle = ZKA_INVALID_HANDLE,
  not_found = ZKA_NOT_FOUND,
  already_exists = ZKA_ALREADY_EXISTS,
  conflict = ZKA_CONFLICT,
  not_owner = ZKA_NOT_OWNER,
  fenced = ZKA_FENCED,
  schema_mismatch = ZKA_SCHEMA_MISMATCH,
  not_resident = ZKA_NOT_RESIDENT,
  data_lost = ZKA_DATA_LOST,
  corrupt = ZKA_CORRUPT,
  no_space = ZKA_NO_SPACE,
  too_large = ZKA_TOO_LARGE,
  timeout = ZKA_TIMEOUT,
  cancelled = ZKA_CANCELLED,
  unavailable = ZKA_UNAVAILABLE,
  session_expired = ZKA_SESSION_EXPIRED,
  unauthenticated = ZKA_UNAUTHENTICATED,
  permission_denied = ZKA_PERMISSION_DENIED,
  unsupported = ZKA_UNSUPPORTED,
  forked = ZKA_FORKED,
  busy = ZKA_BUSY,
  internal = ZKA_INTERNAL,
};

/// The name of a status, such as "ZKA_NOT_FOUND".
[[nodiscard]] inline const char* to_string(Status status) noexcept {
  return zka_status_name(static_cast<zka_status>(status));
}

/// Every failure of ZkArrow: a status to branch on, and a sentence that says what to do.
class Error : public std::runtime_error {
 public:
  /// Makes an error with a status and a message of one line.
  Error(Status status, const std::string& message, std::int32_t keeper_code = 0, std::uint32_t flags = 0)
      : std::runtime_error(message), status_(status), keeper_code_(keeper_code), flags_(flags) {}

  /// How the operation ended.
  [[nodiscard]] Status status() const noexcept { return status_; }
  /// The ZooKeeper code behind it (such as -103), or 0.
  [[nodiscard]] std::int32_t keeper_code() const noexcept { return keeper_code_; }
  /// Whether the same call may succeed later with no change by the caller.
  [[nodiscard]] bool retryable() const noexcept { return (flags_ & ZKA_ERROR_RETRYABLE) != 0; }
  /// Whether the operation may have been applied although it is reported as failed.
  [[nodiscard]] bool outcome_unknown() const noexcept { return (flags_ & ZKA_ERROR_OUTCOME_UNKNOWN) != 0; }

 private:
  Status status_;
  std::int32_t keeper_code_;
  std::uint32_t flags_;
};

/// The leaf of one status; catch it by its name below.
template <Status S>
class StatusError final : public Error {
 public:
  /// Makes the leaf from an error of the same status.
  explicit StatusError(const Error& error) : Error(error) {}
  /// Makes the leaf with a message of one line.
  explicit StatusError(const std::string& message) : Error(S, message) {}
};

/// \name Leaves
/// @{
using InvalidArgumentError = StatusError<Status::invalid_argument>;
using InvalidHandleError = StatusError<Status::invalid_handle>;
using NotFoundError = StatusError<Status::not_found>;
using AlreadyExistsError = StatusError<Status::already_exists>;
using ConflictError = StatusError<Status::conflict>;
using NotOwnerError = StatusError<Status::not_owner>;
using FencedError = StatusError<Status::fenced>;
using SchemaMismatchError = StatusError<Status::schema_mismatch>;
using NotResidentError = StatusError<Status::not_resident>;
using DataLostError = StatusError<Status::data_lost>;
using CorruptError = StatusError<Status::corrupt>;
using NoSpaceError = StatusError<Status::no_space>;
using TooLargeError = StatusError<Status::too_large>;
using TimeoutError = StatusError<Status::timeout>;
using CancelledError = StatusError<Status::cancelled>;
using UnavailableError = StatusError<Status::unavailable>;
using SessionExpiredError = StatusError<Status::session_expired>;
using UnauthenticatedError = StatusError<Status::unauthenticated>;
using PermissionDeniedError = StatusError<Status::permission_denied>;
using UnsupportedError = StatusError<Status::unsupported>;
using ForkedError = StatusError<Status::forked>;
using BusyError = StatusError<Status::busy>;
using InternalError = StatusError<Status::internal>;
/// @}

namespace detail {

template <Status... S>
[[noreturn]] void throw_leaf(const Error& error) {
  ((error.status() == S ? throw StatusError<S>(error) : void()), ...);
  throw error;
}

/// Throws the leaf of the error's status, or the error itself when this header has no name for it.
[[noreturn]] inline void raise(const Error& error) {
  throw_leaf<Status::invalid_argument, Status::invalid_handle, Status::not_found, Status::already_exists,
             Status::conflict, Status::not_owner, Status::fenced, Status::schema_mismatch, Status::not_resident,
             Status::data_lost, Status::corrupt, Status::no_space, Status::too_large, Status::timeout,
             Status::cancelled, Status::unavailable, Status::session_expired, Status::unauthenticated,
             Status::permission_denied, Status::unsupported, Status::forked, Status::busy, Status::internal>(error);
}

/// A zka_error that frees itself.
class ErrorBuffer {
 public:
  ErrorBuffer() = default;
  ErrorBuffer(const ErrorBuffer&) = delete;
  ErrorBuffer& operator=(const ErrorBuffer&) = delete;
  ~ErrorBuffer() {
    if (raw_.release != nullptr) raw_.release(&raw_);
  }

  zka_error* get() noexcept { return &raw_; }

  [[noreturn]] void raise(zka_status status) const {
    detail::raise(Error(static_cast<Status>(status), raw_.message != nullptr ? raw_.message : zka_status_name(status),
                        raw_.keeper_code, raw_.flags));
  }

 private:
  zka_error raw_ = ZKA_ERROR_INIT;
};

/// Makes a call that takes a zka_error* and throws on any status but ZKA_OK.
template <class Call>
void check(Call&& call) {
  ErrorBuffer error;
  const zka_status status = std::forward<Call>(call)(error.get());
  if (status != ZKA_OK) error.raise(status);
}

/// A string for C, which would read only the beginning of one with a NUL in it.
inline const char* c_str(const std::string& text) {
  if (text.find('\0') != std::string::npos)
    throw InvalidArgumentError("a string contained a NUL, which no name, URL or option may");
  return text.c_str();
}

#ifdef __cpp_lib_expected
/// The value of a throwing call, or its error: what every try_ twin is made of.
template <class Call>
auto attempt(Call&& call) -> std::expected<decltype(call()), Error> {
  try {
    if constexpr (std::is_void_v<decltype(call())>) {
      call();
      return {};
    } else {
      return call();
    }
  } catch (const Error& error) {
    return std::unexpected(error);
  }
}
#endif

}  // namespace detail
}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_ERROR_HPP
