#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <new>
#include <tenure/completion.hpp>

namespace tenure::impl {

error_code code_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& e) {
    return e.code();
  } catch (const std::bad_alloc&) {
    return make_error_code(boost::system::errc::not_enough_memory);
  }
}

}  // namespace tenure::impl
