/// \file
/// An ArrowArrayStream made of a C++ object.
#ifndef ZKARROW_STREAM_HPP
#define ZKARROW_STREAM_HPP

#include <cerrno>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <zkarrow/arrow.hpp>

namespace zkarrow {
inline namespace v0 {
namespace detail {

template <class Source>
struct StreamState {
  Source source;
  std::string last_error;

  // no exception may cross into C: it becomes an errno, and its text the stream's last error
  template <class Call>
  int guarded(Call&& call) noexcept {
    try {
      last_error.clear();
      call();
      return 0;
    } catch (const std::bad_alloc&) {
      return ENOMEM;
    } catch (const std::system_error& error) {
      return failed(error, error.code().value());
    } catch (const std::exception& error) {
      return failed(error, EIO);
    } catch (...) {
      return EIO;
    }
  }
  int failed(const std::exception& error, int code) noexcept {
    try {
      last_error = error.what();
    } catch (const std::bad_alloc&) {
      return ENOMEM;
    }
    return code > 0 ? code : EIO;
  }

  static StreamState& of(ArrowArrayStream* stream) noexcept { return *static_cast<StreamState*>(stream->private_data); }
  static int get_schema(ArrowArrayStream* stream, ArrowSchema* out) noexcept {
    *out = {};
    StreamState& self = of(stream);
    return self.guarded([&] { *out = self.source.schema().release(); });
  }
  static int get_next(ArrowArrayStream* stream, ArrowArray* out) noexcept {
    *out = {};
    StreamState& self = of(stream);
    return self.guarded([&] { *out = self.source.next().release(); });
  }
  static const char* get_last_error(ArrowArrayStream* stream) noexcept {
    const std::string& text = of(stream).last_error;
    return text.empty() ? nullptr : text.c_str();
  }
  static void release(ArrowArrayStream* stream) noexcept {
    delete &of(stream);
    stream->private_data = nullptr;
    stream->release = nullptr;
  }
};

}  // namespace detail

/// Makes a stream of an object with `UniqueSchema schema()`, which may be asked more than once, and
/// `UniqueArray next()`, which gives an owner of nothing at the end. What they throw becomes an errno
/// (a std::system_error its own code, else EIO) and the text of the stream's last error.
template <class Source>
[[nodiscard]] UniqueStream make_stream(Source source) {
  using State = detail::StreamState<Source>;
  ArrowArrayStream raw{};
  raw.private_data = new State{std::move(source), {}};
  raw.get_schema = State::get_schema;
  raw.get_next = State::get_next;
  raw.get_last_error = State::get_last_error;
  raw.release = State::release;
  return UniqueStream(&raw);
}

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_STREAM_HPP
