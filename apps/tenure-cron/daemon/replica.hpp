// A replica of tenure-cron: one process and its tenants, from the first file to the last signal.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/signal_set.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <utility>
#include <vector>

#include "common/config_errors.hpp"
#include "tenure-cron/daemon/jobs_source.hpp"
#include "tenure-cron/daemon/replica_context.hpp"
#include "tenure-cron/daemon/tenant.hpp"

namespace tenure::cron {

class replica {
 public:
  /// Reads the files. In a folder a bad file is logged, and the other tenants run. The mistakes of
  /// an only file are not logged: with one, do not call run().
  replica(replica_context& context, jobs_source source);
  replica(const replica&) = delete;
  replica& operator=(const replica&) = delete;

  /// Runs until SIGTERM or SIGINT, and after that until every job has ended and every key is
  /// released. Throws system_error, after the same steps, if the only tenant's requests are refused
  /// for good.
  boost::asio::awaitable<void> run();

  /// Of the files that the constructor read: "jobs.yaml:3: ...".
  const std::vector<std::string>& first_mistakes() const noexcept { return first_mistakes_; }
  const std::vector<std::unique_ptr<tenant>>& tenants() const noexcept { return tenants_; }
  /// A signal has asked this replica to end.
  bool ending() const noexcept { return signal_ != 0; }

 private:
  enum class reload_cause { signal, change };

  // replica_reload.cpp
  boost::asio::awaitable<void> watch_files();
  std::string stamp() const;
  void reload(reload_cause why);
  void read_files();
  void was_read(const std::string& files);
  void read(const jobs_text& one);
  std::string take_over(const jobs_text& one, jobs_file parsed);
  void complain(const jobs_text& one, const std::vector<apps::config_error>& mistakes);
  void wait_for(const jobs_text& one, const tenant& gone);
  void begin_removal(tenant& gone);
  boost::asio::awaitable<void> remove(tenant* gone);

  boost::asio::awaitable<void> handle_signals();
  void on_stop(int number);
  std::string status() const;
  void start(tenant& one);
  tenant* find(const std::string& name) const;
  std::size_t running_jobs() const;

  replica_context& context_;
  const std::shared_ptr<log_sink> log_;
  jobs_source source_;
  std::string stamp_;  // of the files that were read
  std::set<std::string> names_;               // of the tenants of these files
  std::map<std::string, std::string> texts_;  // of these files, by path
  // The token files of jobs files that were refused, each with its stamp then, by the path of the
  // jobs file: it may be good when its token comes.
  std::map<std::string, std::pair<std::string, std::string>> awaited_tokens_;
  std::vector<std::unique_ptr<tenant>> tenants_;
  std::vector<std::string> first_mistakes_;
  boost::asio::signal_set signals_;
  runtime::async_condition changed_;
  runtime::task_scope tasks_;
  runtime::task_scope ends_;      // of the tenants
  runtime::task_scope removals_;  // of tenants whose file is gone
  std::optional<boost::system::system_error> refused_;
  time_point stop_at_ = time_point::max();  // of runs, once a signal has come
  bool running_ = false;
  int signal_ = 0;
};

}  // namespace tenure::cron
