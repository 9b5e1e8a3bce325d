/// \file
/// What is known of a version and of a dataset.
#ifndef ZKARROW_VERSION_HPP
#define ZKARROW_VERSION_HPP

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>
#include <zkarrow/batch.hpp>

namespace zkarrow {
inline namespace v0 {

/// Where the bytes of a version are.
enum class Residency : std::int32_t {
  /// Inline when small, else host; for publishing only.
  automatic = 0,
  /// In the coordinator.
  in_line = ZKA_RESIDENCY_INLINE,
  /// In shared memory of one host.
  host = ZKA_RESIDENCY_HOST,
};

/// A point in time as the publisher's clock saw it.
using Timestamp = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// What is known of a version.
struct Version {
  /// 1, 2, 3 ... per dataset, never reused.
  std::uint64_t number = 0;
  /// The fencing token of the owner that published it; 0 = published without owning.
  std::uint64_t epoch = 0;
  /// Rows in all its batches.
  std::int64_t rows = 0;
  /// Size of its Arrow IPC bytes.
  std::int64_t nbytes = 0;
  /// The publisher's clock.
  Timestamp committed_at{};
  /// Where the bytes are.
  Residency residency = Residency::host;
  /// 32 hex digits.
  std::string commit_id;
  /// 32 hex digits: content address of the schema.
  std::string schema_id;
  /// The commit that made it, in the one order of all commits of the coordinator; the same for the versions of one
  /// transaction; 0 = not known.
  std::int64_t commit_number = 0;
};

/// A dataset and its newest version. The head's commit_id is empty: a list does not carry it.
struct DatasetInfo {
  /// The name.
  std::string name;
  /// The newest version.
  Version head;
};

namespace detail {

inline Timestamp timestamp(std::int64_t microseconds) noexcept {
  return Timestamp(std::chrono::microseconds(microseconds));
}

inline Version version_of(const zka_version_info& raw) {
  return {raw.number,
          raw.epoch,
          raw.rows,
          raw.nbytes,
          timestamp(raw.committed_at_us),
          static_cast<Residency>(raw.residency),
          raw.commit_id,
          raw.schema_id,
          raw.commit_number};
}

/// Makes a call that fills a zka_version_info.
template <class Call>
Version get_version(Call&& call) {
  zka_version_info raw = ZKA_VERSION_INFO_INIT;
  check([&](zka_error* error) { return call(&raw, error); });
  return version_of(raw);
}

/// The columns that a list of datasets and a history have in common.
class VersionRows {
 public:
  explicit VersionRows(const Batch& batch)
      : number_(batch.column<std::uint64_t>("version")),
        epoch_(batch.column<std::uint64_t>("epoch")),
        rows_(batch.column<std::int64_t>("rows")),
        nbytes_(batch.column<std::int64_t>("nbytes")),
        committed_at_(batch.column<std::int64_t>("committed_at")),
        residency_(batch.strings("residency")),
        schema_id_(batch.strings("schema_id")),
        commit_number_(batch.column<std::int64_t>("commit_number")) {}

  [[nodiscard]] Version operator[](std::size_t row) const {
    return {number_[row],
            epoch_[row],
            rows_[row],
            nbytes_[row],
            timestamp(committed_at_[row]),
            residency_[row] == "inline" ? Residency::in_line : Residency::host,
            std::string(),
            std::string(schema_id_[row]),
            commit_number_[row]};
  }

 private:
  Column<std::uint64_t> number_;
  Column<std::uint64_t> epoch_;
  Column<std::int64_t> rows_;
  Column<std::int64_t> nbytes_;
  Column<std::int64_t> committed_at_;
  Strings residency_;
  Strings schema_id_;
  Column<std::int64_t> commit_number_;
};

inline std::vector<DatasetInfo> datasets_of(UniqueStream stream) {
  std::vector<DatasetInfo> result;
  for (const Batch& batch : Batches(std::move(stream))) {
    const Strings names = batch.strings("name");
    const VersionRows heads(batch);
    for (std::size_t row = 0; row < batch.rows(); ++row) result.push_back({std::string(names[row]), heads[row]});
  }
  return result;
}

inline std::vector<Version> versions_of(UniqueStream stream) {
  std::vector<Version> result;
  for (const Batch& batch : Batches(std::move(stream))) {
    const Strings commits = batch.strings("commit_id");
    const VersionRows versions(batch);
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      result.push_back(versions[row]);
      result.back().commit_id = commits[row];
    }
  }
  return result;
}

}  // namespace detail
}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_VERSION_HPP
