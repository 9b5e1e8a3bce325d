/// \file
/// The right to be the one writer of a dataset.
#ifndef ZKARROW_OWNER_HPP
#define ZKARROW_OWNER_HPP

#include <cstdint>
#include <string>
#include <utility>
#include <zkarrow/publish.hpp>
#include <zkarrow/stream.hpp>

namespace zkarrow {
inline namespace v0 {

/// How an ownership stands, as far as its owner can know.
enum class OwnerState : std::int32_t {
  /// It publishes.
  connected = ZKA_OWNER_CONNECTED,
  /// The connection is lost, or nothing was heard for two thirds of the session's timeout. Nobody else owns the dataset
  /// yet; what is published waits until it is connected again.
  suspended = ZKA_OWNER_SUSPENDED,
  /// The session may have ended, so that another may own the dataset now. If nobody does when the connection is back,
  /// it
  /// is connected again with the same epoch; otherwise this is the end.
  lost = ZKA_OWNER_LOST,
  /// It was released. The end.
  released = ZKA_OWNER_RELEASED,
};

/// How to acquire ownership.
struct OwnOptions {
  /// Take the dataset from an owner that lives, without waiting.
  bool take_over = false;
  /// How long to wait for the owner that is there.
  Timeout timeout = default_timeout;
  /// Ends the call from another thread; it must outlive the call.
  const Cancel* cancel = nullptr;
};

namespace detail {

/// Publish options as the library takes them, with the lists they point to.
class RawPublishOptions {
 public:
  explicit RawPublishOptions(const PublishOptions& options);
  RawPublishOptions(const RawPublishOptions&) = delete;
  RawPublishOptions& operator=(const RawPublishOptions&) = delete;
  [[nodiscard]] const zka_publish_options* get() const noexcept { return &raw_; }

 private:
  zka_publish_options raw_ = ZKA_PUBLISH_OPTIONS_INIT;
  std::vector<const char*> tags_;
  std::vector<const char*> metadata_;
};

inline Version commit(decltype(&zka_dataset_publish) function, zka_client* client, const std::string& name,
                      ArrowArrayStream* stream, const PublishOptions& options) {
  const RawPublishOptions raw(options);
  return get_version([&](zka_version_info* out, zka_error* error) {
    return function(client, c_str(name), stream, raw.get(), options.timeout.milliseconds(), handle_of(options.cancel),
                    out, error);
  });
}

}  // namespace detail

/// The right to be the one writer of a dataset, until it is released, taken over, or its process dies; from
/// Client::own. Any number of threads may use it at once; moving, closing and destroying it are for one. The client
/// stays open as long.
class Owner {
 public:
  /// Takes over a C handle, which `client` acquired for the dataset.
  Owner(zka_owner* handle, zka_client* client, std::string name) noexcept
      : handle_(handle), client_(client), name_(std::move(name)) {}

  /// Whether it holds something: false when moved from, closed or released to the caller.
  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }
  /// The dataset.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// The fencing token: larger than that of every owner before.
  [[nodiscard]] std::uint64_t epoch() const {
    std::uint64_t epoch = 0;
    detail::check([&](zka_error* error) { return zka_owner_epoch(get(), &epoch, error); });
    return epoch;
  }
  /// The state at this moment.
  [[nodiscard]] OwnerState state() const {
    std::int32_t state = 0;
    detail::check([&](zka_error* error) { return zka_owner_state(get(), &state, error); });
    return static_cast<OwnerState>(state);
  }
  /// Waits until the state is another one than `from`, and returns it.
  /// \throws TimeoutError it stayed the same.
  /// \throws FencedError, NotOwnerError `from` is final.
  OwnerState wait(OwnerState from, const CallOptions& options = {}) const {
    std::int32_t state = 0;
    detail::check([&](zka_error* error) {
      return zka_owner_wait(get(), static_cast<std::int32_t>(from), options.timeout.milliseconds(),
                            detail::handle_of(options.cancel), &state, error);
    });
    return static_cast<OwnerState>(state);
  }

  /// Makes a table the next version of the dataset, as its owner. The stream is consumed on success only.
  /// \throws FencedError another has taken over; nothing of it is visible.
  Version publish(ArrowArrayStream* stream, const PublishOptions& options = {}) const {
    return detail::commit(zka_dataset_publish, client_, name_, stream, owned(options));
  }
  /// Makes a table the next version; the stream is consumed on success only.
  Version publish(UniqueStream& stream, const PublishOptions& options = {}) const {
    return publish(stream.get(), options);
  }
  /// Makes a table the next version.
  Version publish(UniqueStream&& stream, const PublishOptions& options = {}) const {
    return publish(stream.get(), options);
  }

  /// Makes the head's rows and those of a stream behind them the next version, as the owner. The stream is consumed on
  /// success only.
  Version append(ArrowArrayStream* stream, const PublishOptions& options = {}) const {
    return detail::commit(zka_dataset_append, client_, name_, stream, owned(options));
  }
  /// Adds rows; the stream is consumed on success only.
  Version append(UniqueStream& stream, const PublishOptions& options = {}) const {
    return append(stream.get(), options);
  }
  /// Adds rows.
  Version append(UniqueStream&& stream, const PublishOptions& options = {}) const {
    return append(stream.get(), options);
  }

  /// Gives the ownership back. It is over at once; where the coordinator does not hear of it in time, this throws, and
  /// the release goes on behind it. Once it is over, by whatever cause, this does nothing.
  void give_back(const CallOptions& options = {}) const {
    detail::check([&](zka_error* error) {
      return zka_owner_release(get(), options.timeout.milliseconds(), detail::handle_of(options.cancel), error);
    });
  }

  /// Closes before the destructor does, and gives the ownership back.
  void close() noexcept { handle_.reset(); }
  /// The C handle, still owned.
  [[nodiscard]] zka_owner* get() const noexcept { return handle_.get(); }
  /// Hands the C handle to the caller, who has to close it. The dataset stays owned: give_back() ends that.
  [[nodiscard]] zka_owner* release() noexcept { return handle_.release(); }

 private:
  [[nodiscard]] PublishOptions owned(PublishOptions options) const noexcept {
    options.owner = this;
    return options;
  }

  detail::Handle<zka_owner, zka_owner_close> handle_;
  zka_client* client_;
  std::string name_;
};

namespace detail {

inline RawPublishOptions::RawPublishOptions(const PublishOptions& options) {
  raw_.flags = options.same_schema ? ZKA_PUBLISH_SAME_SCHEMA : 0;
  raw_.expected_version = options.expected_version.value_or(ZKA_ANY_VERSION);
  raw_.residency = static_cast<std::int32_t>(options.residency);
  raw_.owner = options.owner != nullptr ? options.owner->get() : nullptr;
  for (const std::string& tag : options.tags) tags_.push_back(c_str(tag));
  for (const auto& [key, value] : options.metadata) metadata_.insert(metadata_.end(), {c_str(key), c_str(value)});
  raw_.tags = tags_.data();
  raw_.n_tags = static_cast<std::int64_t>(tags_.size());
  raw_.metadata = metadata_.data();
  raw_.n_metadata = static_cast<std::int64_t>(options.metadata.size());
  if (options.lifetime) raw_.lifetime = static_cast<std::int32_t>(*options.lifetime);
  raw_.ttl_ms = options.ttl.count();
}

}  // namespace detail
}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_OWNER_HPP
