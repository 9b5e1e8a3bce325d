/// \file
/// Versions of several datasets in one commit.
#ifndef ZKARROW_TRANSACTION_HPP
#define ZKARROW_TRANSACTION_HPP

#include <string>
#include <vector>
#include <zkarrow/arrow.hpp>
#include <zkarrow/owner.hpp>

namespace zkarrow {
inline namespace v0 {

/// Versions of several datasets that become heads together, in one atomic commit, or not at all: at most 256 datasets,
/// each once, and 768 KiB of records and inline tables. One thread at a time uses it; destroying it without a commit
/// leaves nothing. A commit that fails leaves it open, unless its outcome is unknown.
class Transaction {
 public:
  /// Takes over a C handle.
  explicit Transaction(zka_transaction* handle) noexcept : handle_(handle) {}

  /// Whether it holds something: false when moved from or released.
  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

  /// Puts a table into the transaction, as the next version of a dataset. Its bytes are written now; nobody sees them
  /// before the commit. The stream is consumed on success only.
  void publish(const std::string& name, ArrowArrayStream* stream, const PublishOptions& options = {}) {
    stage(zka_transaction_publish, name, stream, options);
  }
  /// Puts a table into the transaction; the stream is consumed on success only.
  void publish(const std::string& name, UniqueStream& stream, const PublishOptions& options = {}) {
    publish(name, stream.get(), options);
  }
  /// Puts a table into the transaction.
  void publish(const std::string& name, UniqueStream&& stream, const PublishOptions& options = {}) {
    publish(name, stream.get(), options);
  }

  /// Puts the head's rows and those of a stream behind them into the transaction, as the next version. The stream is
  /// consumed on success only.
  void append(const std::string& name, ArrowArrayStream* stream, const PublishOptions& options = {}) {
    stage(zka_transaction_append, name, stream, options);
  }
  /// Adds rows to a dataset in the transaction; the stream is consumed on success only.
  void append(const std::string& name, UniqueStream& stream, const PublishOptions& options = {}) {
    append(name, stream.get(), options);
  }
  /// Adds rows to a dataset in the transaction.
  void append(const std::string& name, UniqueStream&& stream, const PublishOptions& options = {}) {
    append(name, stream.get(), options);
  }

  /// Makes all versions heads, or none; returns them in the order of publishing.
  /// \throws ConflictError the message names the dataset and the winner.
  std::vector<DatasetInfo> commit(const CallOptions& options = {}) {
    detail::check([&](zka_error* error) {
      return zka_transaction_commit(get(), options.timeout.milliseconds(), detail::handle_of(options.cancel), error);
    });
    std::vector<DatasetInfo> versions;
    for (const std::string& name : names_) versions.push_back({name, version(name)});
    return versions;
  }
  /// What a committed transaction made of a dataset.
  [[nodiscard]] Version version(const std::string& name) const {
    return detail::get_version([&](zka_version_info* out, zka_error* error) {
      return zka_transaction_version(get(), detail::c_str(name), out, error);
    });
  }

  /// Gives up what was not committed before the destructor does.
  void close() noexcept { handle_.reset(); }
  /// The C handle, still owned.
  [[nodiscard]] zka_transaction* get() const noexcept { return handle_.get(); }
  /// Hands the C handle to the caller, who has to close it.
  [[nodiscard]] zka_transaction* release() noexcept { return handle_.release(); }

 private:
  void stage(decltype(&zka_transaction_publish) function, const std::string& name, ArrowArrayStream* stream,
             const PublishOptions& options) {
    const detail::RawPublishOptions raw(options);
    detail::check([&](zka_error* error) {
      return function(get(), detail::c_str(name), stream, raw.get(), options.timeout.milliseconds(),
                      detail::handle_of(options.cancel), error);
    });
    names_.push_back(name);
  }

  detail::Handle<zka_transaction, zka_transaction_close> handle_;
  std::vector<std::string> names_;
};

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_TRANSACTION_HPP
