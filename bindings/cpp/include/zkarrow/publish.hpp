/// \file
/// How to publish: what publishing a table and publishing a loan have in common.
#ifndef ZKARROW_PUBLISH_HPP
#define ZKARROW_PUBLISH_HPP

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>
#include <zkarrow/call.hpp>
#include <zkarrow/version.hpp>

namespace zkarrow {
inline namespace v0 {

class Owner;

/// How to publish.
struct PublishOptions {
  /// Compare-and-set: the number the head must have; 0 = the dataset must not exist yet.
  std::optional<std::int64_t> expected_version;
  /// Where the bytes go.
  Residency residency = Residency::automatic;
  /// Refuse a schema other than the head's.
  bool same_schema = false;
  /// The dataset's owner, of the same client; it must outlive the call. Without one, a dataset that has an owner throws
  /// NotOwnerError. Owner::publish fills it in.
  const Owner* owner = nullptr;
  /// Tags for the version; those that name another one move, in the same commit.
  std::vector<std::string> tags{};
  /// What to attach to the version: up to 64 entries and 4,096 bytes.
  std::map<std::string, std::string> metadata{};
  /// How long the dataset stays, decided when it is made; nothing = persistent, or whatever a dataset that exists has.
  std::optional<Lifetime> lifetime{};
  /// With Lifetime::ttl: for how long after its last publish.
  std::chrono::milliseconds ttl{};
  /// The deadline.
  Timeout timeout = default_timeout;
  /// Ends the call from another thread; it must outlive the call.
  const Cancel* cancel = nullptr;
};

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_PUBLISH_HPP
