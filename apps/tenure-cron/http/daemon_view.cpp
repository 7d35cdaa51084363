#include "tenure-cron/http/daemon_view.hpp"

namespace tenure::cron {

std::vector<tenant_view> daemon_view::tenants() const {
  std::vector<tenant_view> all;
  for (const auto& one : replica_.tenants()) {
    tenant_view made(one->file(), one->store());
    made.name = one->name();
    made.lanes = one->lanes().size();
    for (const auto& l : one->lanes()) made.led += l->leads() ? 1 : 0;
    made.running = one->running();
    made.differing = one->differing();
    all.push_back(std::move(made));
  }
  return all;
}

}  // namespace tenure::cron
