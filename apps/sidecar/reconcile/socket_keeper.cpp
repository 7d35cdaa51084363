#include "sidecar/reconcile/socket_keeper.hpp"

#include <exception>

namespace tenure::sidecar {

void socket_keeper::keep(const std::vector<std::string>& lost,
                         const std::function<void(const std::string& address)>& listen) {
  const time_point now = env_->now();
  if (!lost.empty() && !keeper_.due(now)) return;
  try {
    for (const std::string& address : lost) restore(address, listen);
    keeper_.in_step();
    failure_.clear();
  } catch (const std::exception& e) {
    keeper_.failed(now);
    if (failure_ == e.what()) return;
    failure_ = e.what();
    env_->log->log(log_level::error, "socket restore failed", {log_field("error", failure_)});
  }
}

void socket_keeper::restore(const std::string& address,
                            const std::function<void(const std::string&)>& listen) {
  if (keeper_.settled() && keeper_.repairing(env_->now(), env_->counted->sockets_repaired)) {
    env_->log->log(log_level::warn, "repairing socket",
                   {log_field("address", address),
                    log_field("repairs", std::uint64_t{keeper_.repairs_in_a_row()})});
  }
  listen(address);
}

}  // namespace tenure::sidecar
