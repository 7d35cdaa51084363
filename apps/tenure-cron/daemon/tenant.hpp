// A tenant: one jobs file, with its elections, its ledger and its limits. Tenants share the process
// and its connections, and nothing else: what goes wrong in one does not touch the others.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tenure/elections.hpp>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <vector>

#include "tenure-cron/daemon/file_agreement.hpp"
#include "tenure-cron/daemon/lane.hpp"
#include "tenure-cron/daemon/lane_groups.hpp"
#include "tenure-cron/daemon/replica_context.hpp"
#include "tenure-cron/daemon/tenant_token.hpp"
#include "tenure-cron/jobs_file/jobs_file.hpp"
#include "tenure-cron/ledger/consul_ledger_store.hpp"
#include "tenure-cron/running/admission.hpp"
#include "tenure-cron/running/process_job_runner.hpp"
#include "tenure-cron/term/control_watch.hpp"

namespace tenure::cron {

class tenant {
 public:
  /// `name`: empty for the only file. Enters the elections. Throws bad_configuration, also if the
  /// file of the token has none.
  tenant(replica_context& replica, std::string name, jobs_file file);
  tenant(const tenant&) = delete;
  tenant& operator=(const tenant&) = delete;

  const std::string& name() const noexcept { return name_; }
  const jobs_file& file() const noexcept { return file_; }
  const std::string& digest() const noexcept { return digest_; }  ///< of the file
  const std::vector<std::shared_ptr<lane>>& lanes() const noexcept { return lanes_; }
  const control_state& control() const noexcept { return control_.state(); }
  /// The ledger, and what else Consul has beside the elections.
  kv store() const { return elections_.kv(); }
  /// The replicas that have this file, or another one under the same key.
  std::vector<group_member_status> replicas() const { return members().members(); }
  const std::vector<std::string>& differing() const noexcept { return agreement_.differing(); }

  /// Stands in the elections. `refused` is called at most once: Consul keeps refusing requests for
  /// a reason other than a missing right.
  void start(std::function<void(const boost::system::system_error&)> refused);
  /// Takes over a new file. Returns what keeps it from that, and changes nothing then; empty: done.
  std::string reload(jobs_file next);

  /// Starts no run, hands over, lets runs go on until `stop_at` at most and as long as their leases
  /// are proven, and leaves. A second call only brings the end forward.
  boost::asio::awaitable<void> end(time_point stop_at);
  bool ending() const noexcept { return ending_; }
  /// Runs that have begun and not ended.
  std::size_t running() const noexcept { return runner_.running(); }
  /// Sends SIGKILL to every process of its runs.
  void kill() { runner_.kill_all(); }

 private:
  using jobs = std::vector<job_ptr>;
  /// The jobs of one lane, and where its election is entered.
  class lane_plan {
   public:
    enum class place { alone, group, host };
    place where = place::alone;
    std::vector<std::string> on;  ///< the labels of a group
    jobs all;
  };

  // tenant_lanes.cpp
  std::map<std::string, lane_plan> plan_lanes(const jobs_file& file) const;
  lane_context context_for(const lane_plan& plan);
  std::shared_ptr<lane> make_lane(const std::string& key, const lane_plan& plan);
  void apply(std::map<std::string, lane_plan> wanted);
  void begin_lane(const std::string& key, const lane_plan& plan);
  boost::asio::awaitable<void> apply_again();
  boost::asio::awaitable<void> retire(std::shared_ptr<lane> old);
  std::string mistakes(const jobs_file& file) const;
  std::string why_not(const jobs_file& next) const;

  void on_failure(std::exception_ptr e);
  void on_event(const event& e);
  boost::asio::awaitable<void> watch_members();
  boost::asio::awaitable<void> follow_drain_in(group& of_labels);
  boost::asio::awaitable<void> watch_for_refusal();

  // tenant_end.cpp
  boost::asio::awaitable<void> announce_end();
  boost::asio::awaitable<void> follow_lanes();

  void join_groups();
  void set_limits();
  bool spreads(const jobs_file& file) const;
  std::string group_prefix() const;
  const group& members() const { return groups_ ? groups_->main() : *replicas_; }

  replica_context& replica_;
  const std::string name_;
  jobs_file file_;
  std::string digest_;  // kept: making that of 10,000 jobs takes 20 ms
  const ledger_keys keys_;
  const std::shared_ptr<tenant_token> token_;
  elections elections_;
  consul_ledger_store store_;
  process_job_runner runner_;
  admission admission_;
  control_watch control_;
  std::optional<lane_groups> groups_;
  std::optional<group> replicas_;  // without a group: who has which file
  file_agreement agreement_;
  std::vector<std::shared_ptr<lane>> lanes_;
  std::map<std::string, std::shared_ptr<lane>> by_key_;
  std::map<std::string, lane_plan> plan_;  // of the lanes that are entered
  std::set<std::string> retiring_;         // keys of lanes that a reload has ended
  runtime::async_condition changed_;
  runtime::task_scope tasks_;
  std::function<void(const boost::system::system_error&)> refused_;
  time_point stop_at_ = time_point::max();
  bool ending_ = false;
  bool lanes_ended_ = false;
  bool retrying_ = false;  // to enter elections that are not released yet
  bool ended_ = false;
};

}  // namespace tenure::cron
