// How the library reports a failed call: by a system_error with a line of detail.
#pragma once

#include <boost/system/system_error.hpp>
#include <string>
#include <tenure/error.hpp>

namespace tenure::impl {

[[noreturn]] inline void fail(const error_code& why, const std::string& detail) {
  throw boost::system::system_error(why, detail);
}

}  // namespace tenure::impl
