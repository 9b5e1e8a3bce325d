/// \file
/// Which library is loaded.
#ifndef ZKARROW_ABOUT_HPP
#define ZKARROW_ABOUT_HPP

#include <zkarrow/zkarrow.h>

#include <cstdint>
#include <string_view>

namespace zkarrow {
inline namespace v0 {

/// The ABI of the loaded library; it must be ZKA_ABI_VERSION, the one that this program was compiled for.
[[nodiscard]] inline std::uint32_t abi_version() noexcept { return zka_abi_version(); }

/// The version of the loaded library, such as "0.1.0"; valid as long as the process lives.
[[nodiscard]] inline std::string_view version_string() noexcept { return zka_version_string(); }

}  // namespace v0
}  // namespace zkarrow

#endif  // ZKARROW_ABOUT_HPP
