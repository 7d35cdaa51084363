#include "tenure-cron/commands/ledger_options.hpp"

#include <pwd.h>
#include <unistd.h>

#include <utility>

#include "common/argument_checks.hpp"
#include "common/with_elections.hpp"
#include "tenure-cron/commands/commands.hpp"

namespace tenure::cron {

namespace asio = boost::asio;

void ledger_options::add_to(CLI::App& app) {
  app.add_option("--file", file_path_, "the jobs file, which names the election and the ledger")
      ->type_name("FILE");
  app.add_option("--election", election_, "the key of the election, in place of --file")
      ->type_name("KEY")
      ->check(apps::check_key);
  app.add_option("--ledger", ledger_,
                 "the ledger: of the jobs file (default: tenure-cron/ and the election's key)")
      ->type_name("PREFIX");
  common_.add_to(app, "warn");
}

std::string ledger_options::root() const {
  std::string root = ledger_;
  if (root.empty() && file_) root = file_->ledger;
  if (root.empty() && !election_.empty()) root = "tenure-cron/" + election_;
  if (root.empty())
    throw apps::usage_error("name the jobs: --file FILE, --election KEY or --ledger PREFIX");
  root = apps::without_end_slashes(root);
  if (const std::string why = apps::prefix_error(root, "a ledger"); !why.empty())
    throw apps::usage_error(why);
  return root;
}

std::string ledger_options::by() const {
  const struct passwd* const user = ::getpwuid(::getuid());
  const std::string name = user != nullptr ? user->pw_name : std::to_string(::getuid());
  return name + '@' + apps::host_name();
}

int ledger_options::run(std::function<asio::awaitable<int>(kv)> task) {
  if (!file_path_.empty() && !election_.empty())
    throw apps::usage_error("--election: --file names it already");
  if (!file_path_.empty()) {
    file_ = load_jobs(file_path_);
    if (!file_->errors.empty()) return apps::exit_usage;
  }
  root();  // before Consul is asked
  elections_options options;
  options.name("tenure-cron");
  return apps::with_elections(
      common_, options, apps::on_interrupt::exit_with_signal, "cron KEY",
      [task = std::move(task)](elections& all) { return task(all.kv()); });
}

}  // namespace tenure::cron
