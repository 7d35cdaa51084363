#include "sidecar/main/output.hpp"

namespace tenure::sidecar {

boost::asio::awaitable<void> output::lead(term) { co_return; }

boost::asio::awaitable<void> output::run() { co_return; }

}  // namespace tenure::sidecar
