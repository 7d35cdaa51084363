// How the library reports a failed call: by a system_error with a line of detail.
#pragma once

#include <boost/system/system_error.hpp>
#include <string>
#include <tenure/error.hpp>

#include "election/request_error.hpp"

namespace tenure::impl {

[[noreturn]] inline void fail(const error_code& why, const std::string& detail) {
  throw boost::system::system_error(why, detail);
}

/// With the line of the request that failed, or with `subject` if there is none.
[[noreturn]] inline void fail_by(const request_error& why, const std::string& subject) {
  fail(why.code(), why.detail().empty() ? subject : why.detail());
}

}  // namespace tenure::impl
