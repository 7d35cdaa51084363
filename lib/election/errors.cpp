#include "election/errors.hpp"

#include <boost/system/system_error.hpp>

namespace tenure::impl {

void fail(const error_code& why, const std::string& detail) {
  throw boost::system::system_error(why, detail);
}

}  // namespace tenure::impl
