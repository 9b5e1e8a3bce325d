// What is alive in the library: a test that leaves more than it found has leaked.
#ifndef ZKARROW_TESTS_COUNTING_HPP
#define ZKARROW_TESTS_COUNTING_HPP

#include <cstdint>
#include <tuple>
#include <zkarrow/zkarrow.hpp>

inline auto alive() {
  zka_counters raw = ZKA_COUNTERS_INIT;
  zkarrow::detail::check([&](zka_error* error) { return zka__counters(&raw, error); });
  return std::make_tuple(raw.handles, raw.exported_arrays, raw.exported_streams, raw.exported_schemas, raw.batches,
                         raw.mapped_segments, raw.mapped_bytes);
}

/// A C struct whose release callback counts.
template <class T>
T counted(int* releases) {
  T raw{};
  raw.private_data = releases;
  raw.release = [](T* self) {
    ++*static_cast<int*>(self->private_data);
    self->release = nullptr;
  };
  return raw;
}

#endif  // ZKARROW_TESTS_COUNTING_HPP
