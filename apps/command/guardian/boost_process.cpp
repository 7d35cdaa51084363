// Boost.Process v2, compiled once.
#include <boost/asio/detail/throw_error.hpp>  // 1.81 forgets it
#include <boost/asio.hpp>

#include <boost/process/v2/src.hpp>
