/// \file
/// What is decided about datasets: which versions are kept, which schemas they admit, and how long they stay.
#ifndef ZKARROW_HISTORY_HPP
#define ZKARROW_HISTORY_HPP

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <zkarrow/call.hpp>
#include <zkarrow/version.hpp>

namespace zkarrow {
inline namespace v0 {

/// Which schemas a dataset admits, compared with that of its head.
enum class SchemaPolicy : std::int32_t {
  /// Any.
  none = ZKA_SCHEMA_POLICY_NONE,
  /// Programs for the new schema can read the version before.
  backward = ZKA_SCHEMA_POLICY_BACKWARD,
  /// Programs for the schema of the version before can read the new one.
  forward = ZKA_SCHEMA_POLICY_FORWARD,
  /// Both.
  full = ZKA_SCHEMA_POLICY_FULL,
  /// The very same, metadata too.
  exact = ZKA_SCHEMA_POLICY_EXACT,
};

/// Which versions are kept: those within every limit that is set, besides the head and what has a tag.
struct Retention {
  /// How many versions.
  std::optional<std::int64_t> versions{};
  /// For how long after it was published.
  std::optional<std::chrono::milliseconds> age{};
  /// How many bytes, each segment counted once.
  std::optional<std::int64_t> nbytes{};
};

/// What to decide about a dataset; what is not set stays as it is.
struct DatasetOptions {
  /// Which versions are kept; an empty Retention keeps all.
  std::optional<Retention> retention{};
  /// Which schemas are admitted.
  std::optional<SchemaPolicy> schema_policy{};
  /// For how long the dataset stays after its last publish; zero = until it is dropped.
  std::optional<std::chrono::milliseconds> ttl{};
  /// The deadline.
  Timeout timeout = default_timeout;
  /// Ends the call from another thread; it must outlive the call.
  const Cancel* cancel = nullptr;
};

/// All that is known of a dataset.
struct DatasetDescription {
  /// The number of its newest version; 0 = none yet.
  std::uint64_t head = 0;
  /// How many versions can still be read.
  std::int64_t versions = 0;
  /// Their bytes, each segment counted once.
  std::int64_t nbytes = 0;
  /// The clock of whoever made it.
  Timestamp created_at{};
  /// Which versions are kept.
  Retention retention{};
  /// Which schemas are admitted.
  SchemaPolicy schema_policy = SchemaPolicy::none;
  /// How long it stays.
  Lifetime lifetime = Lifetime::persistent;
  /// For how long after its last publish; with Lifetime::ttl.
  std::chrono::milliseconds ttl{};
  /// The epoch of its last owner; 0 = it never had one.
  std::uint64_t epoch = 0;
  /// Whether it has an owner.
  bool owned = false;
  /// Each tag with the version it names.
  std::map<std::string, std::uint64_t> tags{};
};

namespace detail {

inline zka_dataset_options raw_options(const DatasetOptions& options) noexcept {
  zka_dataset_options raw = ZKA_DATASET_OPTIONS_INIT;
  if (options.schema_policy) raw.schema_policy = static_cast<std::int32_t>(*options.schema_policy);
  if (options.retention) {
    raw.keep_versions = options.retention->versions.value_or(0);
    raw.keep_age_ms = options.retention->age.value_or(std::chrono::milliseconds::zero()).count();
    raw.keep_bytes = options.retention->nbytes.value_or(0);
  }
  if (options.ttl) raw.ttl_ms = options.ttl->count();
  return raw;
}

inline DatasetDescription description_of(const zka_dataset_description& raw, UniqueStream tags) {
  DatasetDescription result;
  result.head = raw.head;
  result.versions = raw.versions;
  result.nbytes = raw.nbytes;
  result.created_at = timestamp(raw.created_at_us);
  if (raw.keep_versions != 0) result.retention.versions = raw.keep_versions;
  if (raw.keep_age_ms != 0) result.retention.age = std::chrono::milliseconds(raw.keep_age_ms);
  if (raw.keep_bytes != 0) result.retention.nbytes = raw.keep_bytes;
  result.schema_policy = static_cast<SchemaPolicy>(raw.schema_policy);
  result.lifetime = static_cast<Lifetime>(raw.lifetime);
  result.ttl = std::chrono::milliseconds(raw.ttl_ms);
  result.epoch = raw.epoch;
  result.owned = raw.owned != 0;
  for (const Batch& batch : Batches(std::move(tags))) {
    const Strings names = batch.strings("tag");
    const Column<std::uint64_t> versions = batch.column<std::uint64_t>("version");
    for (std::size_t row = 0; row < batch.rows(); ++row) result.tags.emplace(names[row], versions[row]);
  }
  return result;
}

}  // namespace detail
}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_HISTORY_HPP
