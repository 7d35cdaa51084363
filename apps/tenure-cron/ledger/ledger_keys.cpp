#include "tenure-cron/ledger/ledger_keys.hpp"

#include <utility>

namespace tenure::cron {

ledger_keys::ledger_keys(std::string root) : ledger_keys(root, root) {}

ledger_keys::ledger_keys(std::string root, std::string whole)
    : root_(std::move(root)), whole_(std::move(whole)) {
  for (std::string* const one : {&root_, &whole_})
    if (!one->ends_with('/')) *one += '/';
}

ledger_keys ledger_keys::of_host(const std::string& member) const {
  return ledger_keys(hosts() + member, whole_);
}

std::string ledger_keys::page(const std::string& job, std::uint64_t number) const {
  return root_ + "pages/" + job + '/' + std::to_string(number);
}

}  // namespace tenure::cron
