/// \file
/// What is known of a version and of a dataset.
#ifndef ZKARROW_VERSION_HPP
#define ZKARROW_VERSION_HPP

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
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
  /// In files on a disk of one host, which outlive a restart of it.
  disk = ZKA_RESIDENCY_DISK,
  /// In the memory of the process that published it, for as long as its client is open.
  process = ZKA_RESIDENCY_PROCESS,
};

/// How long a dataset stays.
enum class Lifetime : std::int32_t {
  /// Until it is dropped.
  persistent = ZKA_LIFETIME_PERSISTENT,
  /// As long as the session of the client that made it.
  session = ZKA_LIFETIME_SESSION,
  /// Until nothing was published to it for a time.
  ttl = ZKA_LIFETIME_TTL,
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
  /// \name What only Client::versions() tells
  /// @{
  /// "pid@host" of the publisher.
  std::string author{};
  /// The commit id of the version it followed; empty for the first.
  std::string parent_commit_id{};
  /// What the publisher's program calls itself; empty when it did not say.
  std::string code_tag{};
  /// The tags that name it.
  std::vector<std::string> tags{};
  /// What was attached to it.
  std::map<std::string, std::string> metadata{};
  /// @}
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
            residency_of(residency_[row]),
            std::string(),
            std::string(schema_id_[row]),
            commit_number_[row]};
  }

 private:
  [[nodiscard]] static Residency residency_of(std::string_view name) {
    if (name == "inline") return Residency::in_line;
    if (name == "disk") return Residency::disk;
    return name == "process" ? Residency::process : Residency::host;
  }

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

/// The lists of a column, whose items lie in one child behind each other.
class ListRows {
 public:
  ListRows(const Batch& batch, std::string_view name) : list_(batch.array().children[batch.index_of(name)]) {
    offsets_ = static_cast<const std::int32_t*>(list_->buffers[1]) + list_->offset + batch.array().offset;
  }
  [[nodiscard]] std::size_t begin(std::size_t row) const noexcept { return static_cast<std::size_t>(offsets_[row]); }
  [[nodiscard]] std::size_t end(std::size_t row) const noexcept { return static_cast<std::size_t>(offsets_[row + 1]); }
  [[nodiscard]] Strings items() const noexcept { return strings_of(list_->children[0], 0); }
  /// A field of the items, which are structs: 0 = the key of a map, 1 = its value.
  [[nodiscard]] Strings field(std::size_t index) const noexcept {
    return strings_of(list_->children[0]->children[index], list_->children[0]->offset);
  }

 private:
  static Strings strings_of(const ArrowArray* texts, std::int64_t offset) noexcept {
    return {Rows{texts, texts->offset + offset, static_cast<std::size_t>(texts->length)}, Strings::Storage::offsets32};
  }

  const ArrowArray* list_;
  const std::int32_t* offsets_;
};

inline std::vector<Version> versions_of(UniqueStream stream) {
  std::vector<Version> result;
  for (const Batch& batch : Batches(std::move(stream))) {
    const Strings commits = batch.strings("commit_id");
    const Strings authors = batch.strings("author");
    const Strings parents = batch.strings("parent_commit_id");
    const Strings codes = batch.strings("code_tag");
    const ListRows tags(batch, "tags");
    const ListRows metadata(batch, "metadata");
    const VersionRows versions(batch);
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      Version version = versions[row];
      version.commit_id = commits[row];
      version.author = authors[row];
      version.parent_commit_id = parents[row];
      version.code_tag = codes[row];
      for (std::size_t i = tags.begin(row); i < tags.end(row); ++i) version.tags.emplace_back(tags.items()[i]);
      for (std::size_t i = metadata.begin(row); i < metadata.end(row); ++i)
        version.metadata.emplace(metadata.field(0)[i], metadata.field(1)[i]);
      result.push_back(std::move(version));
    }
  }
  return result;
}

}  // namespace detail
}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_VERSION_HPP
