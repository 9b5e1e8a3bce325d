/// \file
/// The bare hand-off between the languages of one process: no coordinator, no copy, every Arrow type.
#ifndef ZKARROW_EXCHANGE_HPP
#define ZKARROW_EXCHANGE_HPP

#include <string>
#include <zkarrow/arrow.hpp>

namespace zkarrow {
inline namespace v0 {
namespace exchange {

/// Keeps a table under a name in this process, replacing what was there. The stream is consumed on
/// success only.
inline void put(const std::string& name, ArrowArrayStream* stream) {
  detail::check([&](zka_error* error) { return zka_exchange_put(detail::c_str(name), stream, error); });
}
/// Keeps a table under a name in this process, replacing what was there. The stream is consumed on
/// success only.
inline void put(const std::string& name, UniqueStream& stream) { put(name, stream.get()); }
/// Keeps a table under a name in this process, replacing what was there.
inline void put(const std::string& name, UniqueStream&& stream) { put(name, stream.get()); }

/// The table under a name, any number of times: the same buffers at the same addresses.
/// \throws NotFoundError there is none.
[[nodiscard]] inline UniqueStream get(const std::string& name) {
  UniqueStream stream;
  detail::check([&](zka_error* error) { return zka_exchange_get(detail::c_str(name), stream.out(), error); });
  return stream;
}

/// Forgets a name. Streams got from it stay valid.
/// \throws NotFoundError there is none.
inline void remove(const std::string& name) {
  detail::check([&](zka_error* error) { return zka_exchange_remove(detail::c_str(name), error); });
}

}  // namespace exchange

/// Passes a table through the library and back. The stream is consumed on success only.
[[nodiscard]] inline UniqueStream echo(UniqueStream& stream) {
  UniqueStream result;
  detail::check([&](zka_error* error) { return zka_echo_stream(stream.get(), result.out(), error); });
  return result;
}
/// Passes a table through the library and back.
[[nodiscard]] inline UniqueStream echo(UniqueStream&& stream) { return echo(stream); }

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_EXCHANGE_HPP
