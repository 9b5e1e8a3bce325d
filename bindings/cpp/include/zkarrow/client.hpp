/// \file
/// An open connection to one namespace.
#ifndef ZKARROW_CLIENT_HPP
#define ZKARROW_CLIENT_HPP

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>
#include <zkarrow/history.hpp>
#include <zkarrow/loan.hpp>
#include <zkarrow/owner.hpp>
#include <zkarrow/query.hpp>
#include <zkarrow/snapshot.hpp>
#include <zkarrow/subscription.hpp>
#include <zkarrow/table.hpp>
#include <zkarrow/transaction.hpp>

namespace zkarrow {
inline namespace v0 {

/// How to open a client.
struct ConnectOptions {
  /// The asked session timeout, which the server clamps; zero = 10 s.
  std::chrono::milliseconds session_timeout = std::chrono::milliseconds::zero();
  /// The data directory; empty = the host's default for the namespace.
  std::string data_dir;
  /// "digest:user:password"; empty = none. Never logged.
  std::string auth;
  /// Tables up to this many bytes are kept in the coordinator; nothing = 65,536.
  std::optional<std::int64_t> inline_max;
  /// What this program calls itself, recorded with each version it publishes; empty = nothing.
  std::string code_tag{};
  /// The disk directory, for versions with Residency::disk; empty = none. Any number of namespaces may share it.
  std::string disk_dir{};
  /// Bytes that the data directory may hold, as this client counts before it adds to it; 0 = what its file system has.
  std::int64_t space_limit = 0;
  /// The deadline.
  Timeout timeout = default_timeout;
  /// Ends the call from another thread; it must outlive the call.
  const Cancel* cancel = nullptr;
};

/// What to read.
struct ReadOptions {
  /// The version's number; 0 = the head.
  std::uint64_t version = 0;
  /// The version that was the head at an earlier moment; not together with version, tag or wait.
  AsOf as_of{};
  /// Read the version that has this tag instead, which is not waited for; empty = none.
  std::string tag{};
  /// Ask the coordinator's leader first, so that every commit acknowledged anywhere is seen.
  bool strict = false;
  /// Wait until the dataset, or the version, exists.
  bool wait = false;
  /// Check every offset, dictionary index and string before handing anything out.
  bool validate_full = false;
  /// The deadline.
  Timeout timeout = default_timeout;
  /// Ends the call from another thread; it must outlive the call.
  const Cancel* cancel = nullptr;
};

/// The state of a connection.
enum class ClientState : std::int32_t {
  /// The client works.
  connected = ZKA_CLIENT_CONNECTED,
  /// The connection is lost; the session may still live.
  suspended = ZKA_CLIENT_SUSPENDED,
  /// The session is lost; a new one is being made.
  lost = ZKA_CLIENT_LOST,
  /// The client is closed.
  closed = ZKA_CLIENT_CLOSED,
};

/// An open connection to one namespace: a coordinator plus a data directory. Any number of threads
/// may use it at once; moving, closing and destroying it are for one.
class Client {
 public:
  /// Takes over a C handle.
  explicit Client(zka_client* handle) noexcept : handle_(handle) {}

  /// Opens a client and waits until it is connected; url is "zk://host:port,host:port/chroot" or "local:/path".
  [[nodiscard]] static Client connect(const std::string& url, const ConnectOptions& options = {}) {
    zka_client_options raw = ZKA_CLIENT_OPTIONS_INIT;
    raw.session_timeout_ms =
        static_cast<std::int32_t>(std::clamp<std::int64_t>(options.session_timeout.count(), 0, INT32_MAX));
    raw.data_dir = options.data_dir.empty() ? nullptr : detail::c_str(options.data_dir);
    raw.auth = options.auth.empty() ? nullptr : detail::c_str(options.auth);
    raw.inline_max = options.inline_max.value_or(-1);
    raw.code_tag = options.code_tag.empty() ? nullptr : detail::c_str(options.code_tag);
    raw.disk_dir = options.disk_dir.empty() ? nullptr : detail::c_str(options.disk_dir);
    raw.space_limit = options.space_limit;
    zka_client* handle = nullptr;
    detail::check([&](zka_error* error) {
      return zka_client_open(detail::c_str(url), &raw, options.timeout.milliseconds(),
                             detail::handle_of(options.cancel), &handle, error);
    });
    return Client(handle);
  }

  /// Whether it holds something: false when moved from or released.
  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }
  /// The state of the connection.
  [[nodiscard]] ClientState state() const {
    std::int32_t state = 0;
    detail::check([&](zka_error* error) { return zka_client_state(get(), &state, error); });
    return static_cast<ClientState>(state);
  }
  /// Changes an option of the open client, such as "inline_max".
  void set_option(const std::string& key, const std::string& value) const {
    detail::check([&](zka_error* error) {
      return zka_client_set_option(get(), detail::c_str(key), detail::c_str(value), error);
    });
  }

  /// Makes a table the next version of a dataset, atomically; makes the dataset when it does not
  /// exist. The stream is consumed on success only.
  Version publish(const std::string& name, ArrowArrayStream* stream, const PublishOptions& options = {}) const {
    return detail::commit(zka_dataset_publish, get(), name, stream, options);
  }
  /// Makes a table the next version of a dataset; the stream is consumed on success only.
  Version publish(const std::string& name, UniqueStream& stream, const PublishOptions& options = {}) const {
    return publish(name, stream.get(), options);
  }
  /// Makes a table the next version of a dataset.
  Version publish(const std::string& name, UniqueStream&& stream, const PublishOptions& options = {}) const {
    return publish(name, stream.get(), options);
  }

  /// Makes the head's rows and those of a stream behind them the next version, atomically; makes the dataset when it
  /// does not exist. Rows that are in shared memory already stay where they are. The stream is consumed on success
  /// only.
  Version append(const std::string& name, ArrowArrayStream* stream, const PublishOptions& options = {}) const {
    return detail::commit(zka_dataset_append, get(), name, stream, options);
  }
  /// Adds rows to a dataset; the stream is consumed on success only.
  Version append(const std::string& name, UniqueStream& stream, const PublishOptions& options = {}) const {
    return append(name, stream.get(), options);
  }
  /// Adds rows to a dataset.
  Version append(const std::string& name, UniqueStream&& stream, const PublishOptions& options = {}) const {
    return append(name, stream.get(), options);
  }

  /// Becomes the one writer of a dataset, with an epoch larger than every one before; makes the dataset, with no
  /// version yet, when it does not exist. Where it has an owner, this waits until that one lets go or its session ends.
  /// \throws TimeoutError naming the owner.
  [[nodiscard]] Owner own(const std::string& name, const OwnOptions& options = {}) const {
    zka_owner_options raw = ZKA_OWNER_OPTIONS_INIT;
    raw.flags = options.take_over ? ZKA_OWNER_TAKE_OVER : 0;
    zka_owner* owner = nullptr;
    detail::check([&](zka_error* error) {
      return zka_owner_acquire(get(), detail::c_str(name), &raw, options.timeout.milliseconds(),
                               detail::handle_of(options.cancel), &owner, error);
    });
    return {owner, get(), name};
  }
  /// Becomes the one writer of a dataset, within a time.
  [[nodiscard]] Owner own(const std::string& name, Timeout timeout) const {
    return own(name, OwnOptions{false, timeout, nullptr});
  }

  /// Opens a loan of `rows` rows, whose columns are written in place; `schema` is read and stays the caller's. Of
  /// std::vectors, BatchBuilder::schema() makes one.
  [[nodiscard]] Loan loan(const ArrowSchema& schema, std::int64_t rows, const LoanOptions& options = {}) const {
    return Loan(get(), schema, rows, options);
  }

  /// Takes hold of a version. Its bytes stay valid until the table is closed and the last batch got
  /// from it is gone, whatever happens to the dataset or its publisher.
  [[nodiscard]] Table read(const std::string& name, const ReadOptions& options = {}) const {
    zka_read_options raw = ZKA_READ_OPTIONS_INIT;
    raw.flags = (options.strict ? ZKA_READ_STRICT : 0) | (options.wait ? ZKA_READ_WAIT : 0) |
                (options.validate_full ? ZKA_READ_VALIDATE_FULL : 0);
    raw.version = options.version;
    options.as_of.apply(raw);
    raw.tag = options.tag.empty() ? nullptr : detail::c_str(options.tag);
    zka_table* table = nullptr;
    detail::check([&](zka_error* error) {
      return zka_dataset_read(get(), detail::c_str(name), &raw, options.timeout.milliseconds(),
                              detail::handle_of(options.cancel), &table, error);
    });
    return Table(table);
  }

  /// Begins a transaction: versions of several datasets that become heads together, or not at all.
  [[nodiscard]] Transaction transaction() const {
    zka_transaction* transaction = nullptr;
    detail::check([&](zka_error* error) { return zka_transaction_open(get(), &transaction, error); });
    return Transaction(transaction);
  }

  /// Takes a consistent cut over the named datasets, at most 4,096: the versions that were their heads at one commit.
  /// It sees every commit that was acknowledged anywhere before the call.
  [[nodiscard]] Snapshot snapshot(const std::vector<std::string>& names, const SnapshotOptions& options = {}) const {
    std::vector<const char*> raw;
    for (const std::string& name : names) raw.push_back(detail::c_str(name));
    raw.push_back(nullptr);  // an array of no name is none, where NULL is all
    return open_snapshot(raw.data(), names.size(), options);
  }
  /// Takes a consistent cut over all datasets that have a version at that moment.
  [[nodiscard]] Snapshot snapshot(const SnapshotOptions& options = {}) const {
    return open_snapshot(nullptr, 0, options);
  }
  /// Asks one SELECT of DuckDB's dialect over datasets, which are tables under their names: "prices/eod" in double
  /// quotes for the head, "prices/eod@3" for a version, "prices/eod@stable" for a tag, all heads of one cut.
  /// \return the answer, made while it is read; it holds the versions it reads until it is released.
  /// \throws InvalidArgumentError with what DuckDB says; NotFoundError; TooLargeError the memory limit;
  ///   UnsupportedError no libduckdb, or a type that it does not know.
  [[nodiscard]] UniqueStream query(const std::string& sql, const QueryOptions& options = {}) const {
    zka_query_options raw = ZKA_QUERY_OPTIONS_INIT;
    options.as_of.apply(raw);
    raw.memory_limit = options.memory_limit;
    raw.threads = options.threads;
    UniqueStream stream;
    detail::check([&](zka_error* error) {
      return zka_sql_query(get(), detail::c_str(sql), &raw, options.timeout.milliseconds(),
                           detail::handle_of(options.cancel), stream.out(), error);
    });
    return stream;
  }

  /// What is known of a version (0 = the head), without touching its bytes.
  [[nodiscard]] Version stat(const std::string& name, std::uint64_t version = 0,
                             const CallOptions& options = {}) const {
    return detail::get_version([&](zka_version_info* out, zka_error* error) {
      return zka_dataset_stat(get(), detail::c_str(name), version, options.timeout.milliseconds(),
                              detail::handle_of(options.cancel), out, error);
    });
  }

  /// The datasets of the namespace with their heads, as a stream for a data frame.
  [[nodiscard]] UniqueStream list(const std::string& prefix = {}, const CallOptions& options = {}) const {
    UniqueStream stream;
    detail::check([&](zka_error* error) {
      return zka_dataset_list(get(), prefix.empty() ? nullptr : detail::c_str(prefix), options.timeout.milliseconds(),
                              detail::handle_of(options.cancel), stream.out(), error);
    });
    return stream;
  }
  /// The datasets of the namespace with their heads, by name.
  [[nodiscard]] std::vector<DatasetInfo> datasets(const std::string& prefix = {},
                                                  const CallOptions& options = {}) const {
    return detail::datasets_of(list(prefix, options));
  }

  /// The versions of a dataset that can still be read, as a stream for a data frame.
  [[nodiscard]] UniqueStream history(const std::string& name, const CallOptions& options = {}) const {
    UniqueStream stream;
    detail::check([&](zka_error* error) {
      return zka_dataset_history(get(), detail::c_str(name), options.timeout.milliseconds(),
                                 detail::handle_of(options.cancel), stream.out(), error);
    });
    return stream;
  }
  /// The versions of a dataset that can still be read, oldest first.
  [[nodiscard]] std::vector<Version> versions(const std::string& name, const CallOptions& options = {}) const {
    return detail::versions_of(history(name, options));
  }

  /// Decides which versions of a dataset are kept, which schemas it admits and how long it stays. Makes the dataset,
  /// with no version, when it does not exist.
  void configure(const std::string& name, const DatasetOptions& options) const {
    const zka_dataset_options raw = detail::raw_options(options);
    detail::check([&](zka_error* error) {
      return zka_dataset_configure(get(), detail::c_str(name), &raw, options.timeout.milliseconds(),
                                   detail::handle_of(options.cancel), error);
    });
  }
  /// All that is known of a dataset.
  [[nodiscard]] DatasetDescription describe(const std::string& name, const CallOptions& options = {}) const {
    zka_dataset_description raw = ZKA_DATASET_DESCRIPTION_INIT;
    UniqueStream tags;
    detail::check([&](zka_error* error) {
      return zka_dataset_describe(get(), detail::c_str(name), options.timeout.milliseconds(),
                                  detail::handle_of(options.cancel), &raw, tags.out(), error);
    });
    return detail::description_of(raw, std::move(tags));
  }
  /// Gives a version a tag, which moves here when another version has it. What has a tag is neither dropped nor removed
  /// because it is no longer kept.
  void tag(const std::string& name, std::uint64_t version, const std::string& tag,
           const CallOptions& options = {}) const {
    detail::check([&](zka_error* error) {
      return zka_dataset_tag(get(), detail::c_str(name), version, detail::c_str(tag), options.timeout.milliseconds(),
                             detail::handle_of(options.cancel), error);
    });
  }
  /// Removes a tag.
  void untag(const std::string& name, const std::string& tag, const CallOptions& options = {}) const {
    detail::check([&](zka_error* error) {
      return zka_dataset_untag(get(), detail::c_str(name), detail::c_str(tag), options.timeout.milliseconds(),
                               detail::handle_of(options.cancel), error);
    });
  }

  /// Drops one version, which must not be the head and have no tag, or (0) the whole dataset. Tables that hold it
  /// stay valid; no new reader finds it.
  void drop(const std::string& name, std::uint64_t version = 0, const CallOptions& options = {}) const {
    detail::check([&](zka_error* error) {
      return zka_dataset_drop(get(), detail::c_str(name), version, options.timeout.milliseconds(),
                              detail::handle_of(options.cancel), error);
    });
  }

  /// Subscribes to the versions after a given one (0 = from the first that can still be read). The
  /// dataset need not exist yet.
  [[nodiscard]] Subscription subscribe(const std::string& name, std::uint64_t after = 0) const {
    zka_subscription* subscription = nullptr;
    detail::check([&](zka_error* error) {
      return zka_subscription_open(get(), detail::c_str(name), after, &subscription, error);
    });
    return Subscription(subscription);
  }

#ifdef __cpp_lib_expected
  /// \name Twins that return their error instead of throwing it
  /// @{
  [[nodiscard]] static std::expected<Client, Error> try_connect(const std::string& url,
                                                                const ConnectOptions& options = {}) {
    return detail::attempt([&] { return connect(url, options); });
  }
  [[nodiscard]] std::expected<Version, Error> try_publish(const std::string& name, UniqueStream& stream,
                                                          const PublishOptions& options = {}) const {
    return detail::attempt([&] { return publish(name, stream, options); });
  }
  [[nodiscard]] std::expected<Version, Error> try_publish(const std::string& name, UniqueStream&& stream,
                                                          const PublishOptions& options = {}) const {
    return detail::attempt([&] { return publish(name, stream, options); });
  }
  [[nodiscard]] std::expected<Version, Error> try_append(const std::string& name, UniqueStream& stream,
                                                         const PublishOptions& options = {}) const {
    return detail::attempt([&] { return append(name, stream, options); });
  }
  [[nodiscard]] std::expected<Version, Error> try_append(const std::string& name, UniqueStream&& stream,
                                                         const PublishOptions& options = {}) const {
    return detail::attempt([&] { return append(name, stream, options); });
  }
  [[nodiscard]] std::expected<Owner, Error> try_own(const std::string& name, const OwnOptions& options = {}) const {
    return detail::attempt([&] { return own(name, options); });
  }
  [[nodiscard]] std::expected<Table, Error> try_read(const std::string& name, const ReadOptions& options = {}) const {
    return detail::attempt([&] { return read(name, options); });
  }
  [[nodiscard]] std::expected<Version, Error> try_stat(const std::string& name, std::uint64_t version = 0,
                                                       const CallOptions& options = {}) const {
    return detail::attempt([&] { return stat(name, version, options); });
  }
  [[nodiscard]] std::expected<void, Error> try_drop(const std::string& name, std::uint64_t version = 0,
                                                    const CallOptions& options = {}) const {
    return detail::attempt([&] { drop(name, version, options); });
  }
  /// @}
#endif

  /// Closes before the destructor does, and ends the session. Tables, and batches, stay valid.
  void close() noexcept { handle_.reset(); }
  /// The C handle, still owned.
  [[nodiscard]] zka_client* get() const noexcept { return handle_.get(); }
  /// Hands the C handle to the caller, who has to close it.
  [[nodiscard]] zka_client* release() noexcept { return handle_.release(); }

 private:
  Snapshot open_snapshot(const char* const* names, std::size_t count, const SnapshotOptions& options) const {
    zka_snapshot_options raw = ZKA_SNAPSHOT_OPTIONS_INIT;
    options.as_of.apply(raw);
    zka_snapshot* snapshot = nullptr;
    detail::check([&](zka_error* error) {
      return zka_snapshot_open(get(), names, static_cast<std::int64_t>(count), &raw, options.timeout.milliseconds(),
                               detail::handle_of(options.cancel), &snapshot, error);
    });
    return Snapshot(snapshot);
  }

  detail::Handle<zka_client, zka_client_close> handle_;
};

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_CLIENT_HPP
