/// \file
/// How to publish: what publishing a table and publishing a loan have in common.
#ifndef ZKARROW_PUBLISH_HPP
#define ZKARROW_PUBLISH_HPP

#include <cstdint>
#include <optional>
#include <zkarrow/call.hpp>
#include <zkarrow/version.hpp>

namespace zkarrow {
inline namespace v0 {

/// How to publish.
struct PublishOptions {
  /// Compare-and-set: the number the head must have; 0 = the dataset must not exist yet.
  std::optional<std::int64_t> expected_version;
  /// Where the bytes go.
  Residency residency = Residency::automatic;
  /// Refuse a schema other than the head's.
  bool same_schema = false;
  /// The deadline.
  Timeout timeout = default_timeout;
  /// Ends the call from another thread; it must outlive the call.
  const Cancel* cancel = nullptr;
};

namespace detail {

inline zka_publish_options raw_options(const PublishOptions& options) noexcept {
  zka_publish_options raw = ZKA_PUBLISH_OPTIONS_INIT;
  raw.flags = options.same_schema ? ZKA_PUBLISH_SAME_SCHEMA : 0;
  raw.expected_version = options.expected_version.value_or(ZKA_ANY_VERSION);
  raw.residency = static_cast<std::int32_t>(options.residency);
  return raw;
}

}  // namespace detail
}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_PUBLISH_HPP
