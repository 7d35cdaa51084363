// Boost.Asio and its TLS, compiled once.
#include <boost/asio/impl/src.hpp>
// lint: allow include because Asio is compiled in one place
#include <boost/asio/ssl/impl/src.hpp>
