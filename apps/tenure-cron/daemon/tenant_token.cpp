#include "tenure-cron/daemon/tenant_token.hpp"

#include <filesystem>
#include <system_error>
#include <tenure/bad_configuration.hpp>

namespace tenure::cron {
namespace {

// A jobs file may name another token file at any time, when there are leases to keep: no read may
// wait for the writer of a pipe.
void refuse_pipe(const std::string& file) {
  std::error_code unknown;
  const std::filesystem::file_status found = std::filesystem::status(file, unknown);
  if (std::filesystem::exists(found) && !std::filesystem::is_regular_file(found))
    throw bad_configuration("\"" + file + "\" is no regular file: name a file with the token");
}

}  // namespace

void tenant_token::use(const std::optional<std::string>& file) {
  if (file == file_) return;
  consul_access next = process_;
  try {
    if (file) refuse_pipe(*file);
    if (file) next.token(token_from_file(*file, log_));
  } catch (const bad_configuration& e) {
    throw bad_configuration(std::string("token_file: ") + e.what());
  }
  now_ = std::move(next);
  file_ = file;
}

}  // namespace tenure::cron
