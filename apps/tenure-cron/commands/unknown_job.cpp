#include "tenure-cron/commands/unknown_job.hpp"

#include "common/log/line_writer.hpp"
#include "common/output.hpp"
#include "tenure-cron/ledger/ledger_document.hpp"
#include "tenure-cron/operating/operations.hpp"

namespace tenure::cron {

namespace asio = boost::asio;

asio::awaitable<void> print_unknown_job(kv store, const ledger_options& ledger,
                                        std::string command, std::string job,
                                        std::string of_hosts) {
  const ledger_keys keys = ledger.keys();
  const std::optional<stored_key> document = co_await store.get(keys.document(job));
  if (document && !parse_ledger_document(document->value)) {
    apps::print_error("tenure-cron %s: the ledger's document of '%s' cannot be read (key %s): the "
                      "leader of the job writes it anew\n",
                      command.c_str(), job.c_str(), document->key.c_str());
    co_return;
  }
  std::string root = ledger.root();
  const std::vector<std::string> members =
      co_await members_with(std::move(store), std::move(root), job);
  const job_ptr what = ledger.file() ? ledger.file()->find(job) : nullptr;
  if (!members.empty() || (what && what->run_on == run_place::all)) {
    std::string hosts;
    for (const std::string& member : members) hosts += (hosts.empty() ? "" : ", ") + member;
    apps::print_error("tenure-cron %s: '%s' has run_on: all: %s%s\n", command.c_str(), job.c_str(),
                      of_hosts.c_str(), hosts.empty() ? "" : (" (" + hosts + ")").c_str());
  } else if (what) {
    apps::print_error("tenure-cron %s: the ledger has no job '%s' yet: no replica has led it\n",
                      command.c_str(), job.c_str());
  } else {
    apps::print_error("tenure-cron %s: the ledger has no job '%s'\n", command.c_str(),
                      job.c_str());
  }
}

bool is_removed_job(const ledger_options& ledger, const char* command, const std::string& job) {
  if (!ledger.file() || ledger.file()->find(job)) return false;
  apps::print_error("tenure-cron %s: the jobs file has no job '%s'\n", command, job.c_str());
  return true;
}

}  // namespace tenure::cron
