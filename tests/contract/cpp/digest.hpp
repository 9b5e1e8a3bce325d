// DIGEST of tests/contract/README.md, through the typed views of the C++ headers.
#ifndef CONTRACT_DIGEST_HPP
#define CONTRACT_DIGEST_HPP

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <zkarrow/zkarrow.hpp>

#include "make.hpp"

namespace contract {

class Digest {
 public:
  /// Mixes a batch in. Types without a digest are unsupported.
  void add(const zkarrow::Batch& batch) {
    ++batches_;
    mix(static_cast<std::int64_t>(batch.rows()));
    for (std::size_t i = 0; i < batch.columns(); ++i) add_column(batch, i);
  }
  [[nodiscard]] std::int64_t batches() const { return batches_; }
  [[nodiscard]] std::string hex() const {
    char text[17];
    std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(hash_));
    return text;
  }

 private:
  void add_column(const zkarrow::Batch& batch, std::size_t index) {
    const std::string_view format = batch.schema().children[index]->format;
    if (format == "b") return add_rows(batch.bools(index));
    if (format == "l") return add_rows(batch.column<std::int64_t>(index));
    if (format == "g") return add_rows(batch.column<double>(index));
    if (format == "L") return add_rows(batch.column<std::uint64_t>(index));
    if (format == "i") return add_rows(batch.column<std::int32_t>(index));
    if (format == "f") return add_rows(batch.column<float>(index));
    if (format == "u" || format == "z") return add_rows(batch.strings(index));
    throw zkarrow::UnsupportedError("no digest is defined for columns of format '" + std::string(format) + "'");
  }
  template <class Column>
  void add_rows(const Column& column) {
    for (std::size_t row = 0; row < column.size(); ++row) {
      const auto value = column.get(row);
      mix(static_cast<std::uint8_t>(value.has_value()));
      if (value) mix(*value);
    }
  }
  void mix(std::string_view text) {
    mix(static_cast<std::int64_t>(text.size()));
    bytes(text.data(), text.size());
  }
  void mix(bool value) { mix(static_cast<std::uint8_t>(value)); }
  template <class T>
  void mix(T value) {
    bytes(&value, sizeof(value));
  }
  void bytes(const void* data, std::size_t size) {
    const auto* at = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) hash_ = (hash_ ^ at[i]) * 0x100000001b3u;
  }

  std::uint64_t hash_ = 0xcbf29ce484222325u;
  std::int64_t batches_ = 0;
};

/// The digest of a stream; `addresses`, if any, gets its buffers.
inline Digest digest_of(zkarrow::Batches batches, Addresses* addresses = nullptr) {
  Digest digest;
  for (const zkarrow::Batch& batch : batches) {
    digest.add(batch);
    if (addresses != nullptr) remember(*addresses, batch.array());
  }
  return digest;
}

}  // namespace contract

#endif  // CONTRACT_DIGEST_HPP
