/// \file
/// How a query over datasets is answered.
#ifndef ZKARROW_QUERY_HPP
#define ZKARROW_QUERY_HPP

#include <cstdint>
#include <zkarrow/snapshot.hpp>

namespace zkarrow {
inline namespace v0 {

/// Options of Client::query.
struct QueryOptions {
  /// The moment as of which names without a version of their own are read; now by default.
  AsOf as_of;
  /// Bytes that DuckDB may use, from 1 MiB; 0 for a quarter of what the process may have.
  std::int64_t memory_limit = 0;
  /// How many threads work at it; 0 for as many as there are processors.
  std::int32_t threads = 0;
  /// The deadline until the answer begins.
  Timeout timeout = default_timeout;
  /// Ends the call, and the reading of the answer, from another thread; it must outlive the call.
  const Cancel* cancel = nullptr;
};

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_QUERY_HPP
