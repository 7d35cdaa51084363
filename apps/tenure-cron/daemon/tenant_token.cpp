#include "tenure-cron/daemon/tenant_token.hpp"

#include <tenure/bad_configuration.hpp>

namespace tenure::cron {

void tenant_token::use(const std::optional<std::string>& file) {
  if (file == file_) return;
  consul_access next = process_;
  try {
    if (file) next.token(token_from_file(*file, log_));
  } catch (const bad_configuration& e) {
    throw bad_configuration(std::string("token_file: ") + e.what());
  }
  now_ = std::move(next);
  file_ = file;
}

}  // namespace tenure::cron
