// The HTTP server of a replica: /healthz, /metrics, the status page and what it asks for.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <tenure/log.hpp>
#include <tenure/metrics.hpp>
#include <tenure/toolkit/http_server.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <tenure/toolkit/timers.hpp>
#include <utility>
#include <vector>

#include "common/http/protection.hpp"
#include "common/http/request.hpp"
#include "tenure-cron/http/jobs_snapshot.hpp"
#include "tenure-cron/http/replica_view.hpp"
#include "tenure-cron/http/run_metrics.hpp"
#include "tenure-cron/ledger/ledger_keys.hpp"

namespace tenure::cron {

class http_options {
 public:
  /// host:port, [v6]:port, :port, https:// before one of these, or unix:///path; empty: no server
  std::string address;
  /// Its token: with it the page runs, pauses and resumes; without one it only shows.
  apps::http_protection protection;
  bool is_private = false;  ///< to look at the page needs the token, too
};

/// A job that a request names, and the ledger that has it.
class job_target {
 public:
  job_target(kv s, ledger_keys k, std::string j)
      : store(std::move(s)), keys(std::move(k)), job(std::move(j)) {}

  kv store;
  ledger_keys keys;
  std::string job;
};

class cron_http final : public wire::http_service {
 public:
  /// What is passed by reference must outlive it. Throws usage_error if it cannot listen, or cannot
  /// use a file.
  cron_http(http_options options, boost::asio::any_io_executor executor, runtime::timers& timers,
            const replica_view& view, const run_metrics& runs,
            std::shared_ptr<const metrics_registry> library, std::shared_ptr<log_sink> log);

  /// Accepts no more requests. What it reads of Consul ends: call it when the elections end.
  boost::asio::awaitable<void> stop();

 private:
  using headers = std::vector<std::pair<std::string, std::string>>;
  using task = boost::asio::awaitable<std::string> (*)(job_target);

  void listen(const std::string& address);
  void on_request(std::uint64_t id, runtime::http_request r) override;
  void on_closed(std::uint64_t) override {}
  void show(std::uint64_t id, const apps::request& what);
  void operate(std::uint64_t id, const apps::request& what);
  bool is_authorized(const apps::request& what) const;
  void begin(std::uint64_t id, const apps::request& what, task asked);
  boost::asio::awaitable<void> perform(std::uint64_t id, job_target at, task asked);
  void send(std::uint64_t id, unsigned status, const char* type, std::string body,
            headers more = {});
  void send_page(std::uint64_t id);
  void refuse(std::uint64_t id, unsigned status, const std::string& why);
  std::string metrics() const;

  const http_options options_;
  const replica_view& view_;
  const run_metrics& runs_;
  const std::shared_ptr<const metrics_registry> library_;
  const std::shared_ptr<log_sink> log_;
  const std::shared_ptr<wire::bearer_token> token_;  ///< null: there is none
  jobs_snapshot snapshot_;
  std::size_t asking_ = 0;  // requests that wait for Consul
  runtime::task_scope tasks_;
  wire::http_server server_;
};

}  // namespace tenure::cron
