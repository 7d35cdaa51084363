// The options of the subcommands that work through Consul: Consul, and whose ledger it is.
#pragma once

#include <CLI/App.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tenure/elections.hpp>

#include "common/options.hpp"
#include "tenure-cron/jobs_file/jobs_file.hpp"
#include "tenure-cron/ledger/ledger_keys.hpp"

namespace tenure::cron {

class ledger_options {
 public:
  /// The positional JOB comes before --file and so on.
  void add_to(CLI::App& app);

  /// What the options name. Throws usage_error.
  ledger_keys keys() const { return ledger_keys(root()); }
  /// The prefix of the ledger, without a slash at its end. Throws usage_error.
  std::string root() const;
  /// The key of the election, if the options name it.
  std::string election() const { return file_ ? file_->election : election_; }
  /// The jobs file, if one is named.
  const std::optional<jobs_file>& file() const noexcept { return file_; }
  /// Who asks: user@host.
  std::string by() const;

  /// Runs `task` with Consul; see apps::with_elections().
  int run(std::function<boost::asio::awaitable<int>(kv)> task);

 private:
  std::string file_path_;
  std::string election_;
  std::string ledger_;
  apps::common_options common_;
  std::optional<jobs_file> file_;
};

}  // namespace tenure::cron
