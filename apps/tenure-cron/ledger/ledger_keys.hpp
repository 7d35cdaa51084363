// The keys of a ledger in Consul. `root` is the `ledger:` of the jobs file; names of jobs have only
// letters, digits, '-', '_' and '.'.
#pragma once

#include <cstdint>
#include <string>

namespace tenure::cron {

class ledger_keys {
 public:
  explicit ledger_keys(std::string root);
  /// The part of a host, for jobs with run_on: all. Operators write only to the whole ledger.
  ledger_keys of_host(const std::string& member) const;

  std::string jobs() const { return root_ + "jobs/"; }
  std::string hosts() const { return whole_ + "hosts/"; }
  std::string document(const std::string& job) const { return jobs() + job; }
  std::string page(const std::string& job, std::uint64_t number) const;
  /// What operators write, see control_state.hpp.
  std::string control() const { return whole_ + "control/"; }
  std::string paused(const std::string& job) const { return control() + "paused/" + job; }
  std::string request(const std::string& id) const { return control() + "run/" + id; }

 private:
  ledger_keys(std::string root, std::string whole);

  std::string root_;   // with a slash at its end, as the next one
  std::string whole_;
};

}  // namespace tenure::cron
