// How an operation of the public API fails.
#pragma once

#include <string>
#include <tenure/error.hpp>

namespace tenure::impl {

/// Throws system_error(why, detail).
[[noreturn]] void fail(const error_code& why, const std::string& detail);

}  // namespace tenure::impl
