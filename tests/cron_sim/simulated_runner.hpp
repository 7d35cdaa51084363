// Runs the jobs of a simulated replica: commands that take a while of virtual time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tenure/toolkit/async_condition.hpp>

#include "cron_sim/cron_scenario.hpp"
#include "cron_sim/tick_checker.hpp"
#include "sim/host.hpp"
#include "sim/world.hpp"
#include "tenure-cron/running/job_runner.hpp"

namespace tenure::cron_sim {

/// The command of a run. Its guardian ends it with the lease, whatever the replica does.
class simulated_command {
 public:
  simulated_command(sim::host& h, tenure::term t) : leading(std::move(t)), host(h), changed(h) {}

  /// In true time: when the guardian kills it, as far as the lease goes now.
  time_point killed_at() const;
  bool goes_on(time_point now) const { return !over && now < ends && now < killed_at(); }

  tenure::term leading;
  sim::host& host;
  time_point lease_end{};        ///< in true time: at the last look while the term ran
  time_point ends{};             ///< in true time: when it exits by itself
  bool over = false;             ///< it was waited for, or its replica died
  cron::stop_cause cause = cron::stop_cause::none;
  runtime::async_condition changed;
};

/// In tests of the checker: whether the runner starts commands without a look at the lease.
enum class lease_question { asked, skipped };

class simulated_runner final : public cron::job_runner {
 public:
  simulated_runner(sim::world& w, sim::host& h, const cron_scenario& s, tick_checker& c,
                   lease_question q)
      : world_(w), host_(h), scenario_(s), checker_(c), question_(q) {}

  boost::asio::awaitable<cron::run_result> run(cron::run_request what,
                                               tenure::term leading) override;
  void stop(const std::string& run_id, cron::stop_cause why) override;

  /// The replica has died: its commands end, and no other begins.
  void die();
  /// Looks whether the lease of a run has been extended.
  void look();

  /// Whether another replica's lease holds for that key.
  std::function<bool(const std::string& key)> others_lead;

 private:
  void begin(const cron::run_request& what, std::shared_ptr<simulated_command> command);
  const command_manner& manner_of(const cron::job& j) const;

  sim::world& world_;
  sim::host& host_;
  const cron_scenario& scenario_;
  tick_checker& checker_;
  const lease_question question_;
  std::map<std::string, std::shared_ptr<simulated_command>> commands_;  // by run id
  bool dead_ = false;
};

}  // namespace tenure::cron_sim
