/// \file
/// Owners of the three Arrow C structs. They give and take raw pointers, so they work beside Arrow
/// C++, nanoarrow and DuckDB alike and depend on none.
#ifndef ZKARROW_ARROW_HPP
#define ZKARROW_ARROW_HPP

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <zkarrow/error.hpp>

namespace zkarrow {
inline namespace v0 {

/// Owns an Arrow C struct: its release callback runs once, when the owner goes.
template <class T>
class Unique {
 public:
  /// Owns nothing.
  Unique() noexcept = default;
  /// Takes over the struct at `source`, which is released afterwards as the Arrow format says.
  explicit Unique(T* source) noexcept { take(source); }
  Unique(const Unique&) = delete;
  Unique& operator=(const Unique&) = delete;
  /// Moves; the other owns nothing afterwards.
  Unique(Unique&& other) noexcept { take(&other.raw_); }
  /// Releases what is held and moves; assigning an owner to itself changes nothing.
  Unique& operator=(Unique&& other) noexcept {
    if (this != &other) {
      reset();
      take(&other.raw_);
    }
    return *this;
  }
  ~Unique() { reset(); }

  /// Whether something is owned.
  explicit operator bool() const noexcept { return raw_.release != nullptr; }
  /// The struct itself, to be read or to be passed to a C function; still owned.
  [[nodiscard]] T* get() noexcept { return &raw_; }
  /// The struct itself, to be read.
  [[nodiscard]] const T* get() const noexcept { return &raw_; }
  /// The struct's fields.
  T* operator->() noexcept { return &raw_; }
  /// The struct's fields.
  const T* operator->() const noexcept { return &raw_; }

  /// Releases what is held.
  void reset() noexcept {
    if (raw_.release != nullptr) raw_.release(&raw_);
    raw_ = T{};
  }
  /// The struct to be filled by a C function; what was held is released first.
  [[nodiscard]] T* out() noexcept {
    reset();
    return &raw_;
  }
  /// Hands the struct to the caller, who has to release it.
  [[nodiscard]] T release() noexcept {
    const T raw = raw_;
    raw_ = T{};
    return raw;
  }

 private:
  void take(T* source) noexcept {
    raw_ = *source;
    source->release = nullptr;
  }

  T raw_{};
};

/// Owns an ArrowSchema.
using UniqueSchema = Unique<ArrowSchema>;
/// Owns an ArrowArray.
using UniqueArray = Unique<ArrowArray>;

namespace detail {

inline Status status_of_errno(int code) noexcept {
  switch (code) {
    case EINVAL:
      return Status::invalid_argument;
    case EIO:
    case EBADMSG:
      return Status::corrupt;
    case ENOSPC:
      return Status::no_space;
    case ETIMEDOUT:
      return Status::timeout;
    case ECANCELED:
      return Status::cancelled;
    case ENOSYS:
    case ENOTSUP:
      return Status::unsupported;
    default:
      return Status::internal;
  }
}

}  // namespace detail

/// Owns an ArrowArrayStream, and reads it with errors as exceptions.
class UniqueStream : public Unique<ArrowArrayStream> {
 public:
  using Unique<ArrowArrayStream>::Unique;

  /// The schema of the stream.
  [[nodiscard]] UniqueSchema schema() {
    UniqueSchema schema;
    check(get()->release == nullptr ? EINVAL : get()->get_schema(get(), schema.out()));
    return schema;
  }
  /// The next batch; an owner of nothing at the end.
  [[nodiscard]] UniqueArray next() {
    UniqueArray array;
    check(get()->release == nullptr ? EINVAL : get()->get_next(get(), array.out()));
    return array;
  }

 private:
  void check(int code) {
    if (code == 0) return;
    const char* text = get()->release == nullptr ? "the stream was released already" : get()->get_last_error(get());
    detail::raise(Error(detail::status_of_errno(code),
                        "the Arrow stream failed: " + std::string(text != nullptr ? text : std::strerror(code))));
  }
};

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_ARROW_HPP
