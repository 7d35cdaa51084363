#include "tenure-cron/ledger/ledger_store.hpp"

namespace tenure::cron {

bool is_logged_by_library(const error_code& why) noexcept {
  return why == consul_errc::forbidden || why == consul_errc::unreachable ||
         why == consul_errc::timed_out;
}

const char* to_string(write_outcome::kind how) noexcept {
  switch (how) {
    case write_outcome::kind::done:
      return "done";
    case write_outcome::kind::refused:
      return "refused";
    case write_outcome::kind::not_leading:
      return "not_leading";
    case write_outcome::kind::unknown:
      return "unknown";
    case write_outcome::kind::failed:
      break;
  }
  return "failed";
}

}  // namespace tenure::cron
