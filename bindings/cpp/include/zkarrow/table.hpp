/// \file
/// A reader's hold on one version.
#ifndef ZKARROW_TABLE_HPP
#define ZKARROW_TABLE_HPP

#include <optional>
#include <string_view>
#include <zkarrow/call.hpp>
#include <zkarrow/version.hpp>

namespace zkarrow {
inline namespace v0 {

/// A reader's hold on one version. Batches and streams got from it hold the version on their own.
class Table {
 public:
  /// Takes over a C handle.
  explicit Table(zka_table* handle) noexcept : handle_(handle) {}

  /// Whether it holds something: false when moved from or released.
  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }
  /// Which version it holds.
  [[nodiscard]] Version version() const {
    return detail::get_version(
        [&](zka_version_info* out, zka_error* error) { return zka_table_version(get(), out, error); });
  }
  /// The schema.
  [[nodiscard]] UniqueSchema schema() const {
    UniqueSchema schema;
    detail::check([&](zka_error* error) { return zka_table_schema(get(), schema.out(), error); });
    return schema;
  }
  /// The batches as a C stream, any number of times: what other Arrow libraries import.
  [[nodiscard]] UniqueStream stream() const {
    UniqueStream stream;
    detail::check([&](zka_error* error) { return zka_table_stream(get(), stream.out(), error); });
    return stream;
  }
  /// The batches, any number of times: `for (auto& batch : table.batches())`.
  [[nodiscard]] Batches batches() const { return Batches(stream()); }
  /// Whether the bytes are the shared ones.
  [[nodiscard]] bool zero_copy() const { return !copy_reason().has_value(); }
  /// Why the bytes had to be copied to this process; nothing when they were not.
  [[nodiscard]] std::optional<std::string_view> copy_reason() const {
    const char* reason = nullptr;
    detail::check([&](zka_error* error) { return zka_table_copy_reason(get(), &reason, error); });
    return reason != nullptr ? std::optional<std::string_view>(reason) : std::nullopt;
  }

  /// Lets go before the destructor does.
  void close() noexcept { handle_.reset(); }
  /// The C handle, still owned.
  [[nodiscard]] zka_table* get() const noexcept { return handle_.get(); }
  /// Hands the C handle to the caller, who has to close it.
  [[nodiscard]] zka_table* release() noexcept { return handle_.release(); }

 private:
  detail::Handle<zka_table, zka_table_close> handle_;
};

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_TABLE_HPP
