/// \file
/// Consistent cuts over several datasets, and moments to take them at.
#ifndef ZKARROW_SNAPSHOT_HPP
#define ZKARROW_SNAPSHOT_HPP

#include <cstdint>
#include <string>
#include <utility>
#include <vector>
#include <zkarrow/table.hpp>

namespace zkarrow {
inline namespace v0 {

/// A moment in the history of a namespace; nothing by default, which means now.
class AsOf {
 public:
  /// Now.
  AsOf() noexcept = default;
  /// Just after the commit with a number: Version::commit_number or Snapshot::commit_number().
  [[nodiscard]] static AsOf commit(std::int64_t number) noexcept { return AsOf(number, 0, {}); }
  /// Just after the commit with an id, which made a version of one of the datasets asked for.
  [[nodiscard]] static AsOf commit(std::string id) noexcept { return AsOf(0, 0, std::move(id)); }
  /// Just after the last commit, of the datasets asked for, made by a time, by its publisher's clock.
  [[nodiscard]] static AsOf time(Timestamp time) noexcept { return AsOf(0, time.time_since_epoch().count(), {}); }

  /// Writes it into the fields of an options struct, which point into it.
  template <class Options>
  void apply(Options& options) const noexcept {
    options.as_of_commit_number = number_;
    options.as_of_us = us_;
    options.as_of_commit_id = id_.empty() ? nullptr : id_.c_str();
  }

 private:
  AsOf(std::int64_t number, std::int64_t us, std::string id) noexcept : number_(number), us_(us), id_(std::move(id)) {}
  std::int64_t number_ = 0;
  std::int64_t us_ = 0;
  std::string id_;
};

/// Which moment to take a snapshot of.
struct SnapshotOptions {
  /// An earlier moment; now by default.
  AsOf as_of;
  /// The deadline.
  Timeout timeout = default_timeout;
  /// Ends the call from another thread; it must outlive the call.
  const Cancel* cancel = nullptr;
};

/// The versions that were the heads of several datasets at one commit, never one half of a transaction. It holds the
/// bytes of all of them. Any thread.
class Snapshot {
 public:
  /// Takes over a C handle.
  explicit Snapshot(zka_snapshot* handle) noexcept : handle_(handle) {}

  /// Whether it holds something: false when moved from or released.
  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }
  /// The table of a dataset, any number of times; waits for nothing, and may outlive the snapshot.
  /// \throws NotFoundError it is not in the snapshot.
  [[nodiscard]] Table read(const std::string& name) const {
    zka_table* table = nullptr;
    detail::check([&](zka_error* error) { return zka_snapshot_read(get(), detail::c_str(name), &table, error); });
    return Table(table);
  }
  /// The version of a dataset.
  [[nodiscard]] Version version(const std::string& name) const {
    return detail::get_version([&](zka_version_info* out, zka_error* error) {
      return zka_snapshot_version(get(), detail::c_str(name), out, error);
    });
  }
  /// The datasets with their versions, as a stream for a data frame.
  [[nodiscard]] UniqueStream list() const {
    UniqueStream stream;
    detail::check([&](zka_error* error) { return zka_snapshot_versions(get(), stream.out(), error); });
    return stream;
  }
  /// The datasets with their versions, in the order in which they were named, else by name.
  [[nodiscard]] std::vector<DatasetInfo> versions() const {
    std::vector<DatasetInfo> versions = detail::datasets_of(list());
    for (DatasetInfo& dataset : versions) dataset.head = version(dataset.name);
    return versions;
  }
  /// The commit that it is a cut at: the last that changed one of its datasets, or the one asked for.
  [[nodiscard]] std::int64_t commit_number() const {
    std::int64_t number = 0;
    detail::check([&](zka_error* error) { return zka_snapshot_commit_number(get(), &number, error); });
    return number;
  }

  /// Lets go before the destructor does.
  void close() noexcept { handle_.reset(); }
  /// The C handle, still owned.
  [[nodiscard]] zka_snapshot* get() const noexcept { return handle_.get(); }
  /// Hands the C handle to the caller, who has to close it.
  [[nodiscard]] zka_snapshot* release() noexcept { return handle_.release(); }

 private:
  detail::Handle<zka_snapshot, zka_snapshot_close> handle_;
};

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_SNAPSHOT_HPP
