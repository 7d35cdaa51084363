#include "sidecar/face.hpp"

namespace tenure::sidecar {

boost::asio::awaitable<void> face::lead(term) { co_return; }

boost::asio::awaitable<void> face::run() { co_return; }

}  // namespace tenure::sidecar
