// Which lanes a tenant has, and how a new file changes them.
#include <algorithm>
#include <set>
#include <string>
#include <tenure/key_error.hpp>
#include <utility>

#include "tenure-cron/daemon/tenant.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr duration retry_pause = 1s;

/// The jobs that each replica runs have an election for each host: so two replicas of one host do
/// not both run them. Its key is not below the prefix of a group, which would count it.
std::string host_key(const std::string& ledger, const std::string& member) {
  return ledger + "/all/" + member;
}

}  // namespace

/// What this replica cannot do with the file, in one line; empty: nothing.
std::string tenant::mistakes(const jobs_file& file) const {
  for (const job_ptr& j : file.jobs) {
    const bool own = spreads(file) && j->run_on == run_place::leader;
    const std::string key = own ? file.election + '/' + j->name : file.election;
    if (replica_.options.group) {
      if (std::string why = group_key_error(group_prefix(), key); !why.empty()) return why;
    }
    if (!j->on.empty() && j->run_on == run_place::leader && !spreads(file))
      return "the job '" + j->name + "' has `on:`, which needs `spread: true` or --group";
  }
  return {};
}

/// By the key of the election. Jobs whose labels this replica lacks are left out.
std::map<std::string, tenant::lane_plan> tenant::plan_lanes(const jobs_file& file) const {
  std::map<std::string, lane_plan> made;
  const bool spread = spreads(file);
  for (const job_ptr& j : file.jobs) {
    std::string key = file.election;
    lane_plan plan;
    if (j->run_on == run_place::all) {
      plan.where = lane_plan::place::host;
      key = host_key(file.ledger, replica_.options.member);
    } else if (groups_) {
      plan.where = lane_plan::place::group;
      if (spread) key += '/' + j->name;
      plan.on = j->on;
    }
    if (!replica_.options.has_labels(j->on)) continue;
    made.try_emplace(std::move(key), std::move(plan)).first->second.all.push_back(j);
  }
  return made;
}

lane_context tenant::context_for(const lane_plan& plan) {
  const daemon_options& options = replica_.options;
  ledger_keys keys =
      plan.where == lane_plan::place::host ? keys_.of_host(options.member) : keys_;
  lane_context made(replica_.executor, *replica_.timers, replica_.clock, store_, runner_,
                    admission_, options.log, std::move(keys), options.replica);
  made.jobs = plan.all;
  made.observer = replica_.observer;
  return made;
}

std::shared_ptr<lane> tenant::make_lane(const std::string& key, const lane_plan& plan) {
  election entered = plan.where == lane_plan::place::group
                         ? groups_->for_labels(plan.on).enter(key)
                         : elections_.enter(key, replica_.options.profile);
  return std::make_shared<lane>(context_for(plan), std::move(entered), control_.state());
}

/// Ends lanes that are not wanted any more, begins new ones, and gives the others their jobs.
void tenant::apply(std::map<std::string, lane_plan> wanted) {
  std::set<std::string> led;  // by whichever replica
  for (const job_ptr& j : file_.jobs) {
    if (j->run_on == run_place::leader) led.insert(j->name);
  }
  for (const auto& [key, old] : plan_) {
    const auto found = wanted.find(key);
    const bool stays = found != wanted.end() && found->second.where == old.where &&
                       found->second.on == old.on;
    if (stays) {
      by_key_.at(key)->set_jobs(found->second.all);
    } else if (retiring_.insert(key).second) {
      jobs left = old.all;  // to another lane or replica, with what waits of them
      std::erase_if(left, [&](const job_ptr& j) {
        return old.where == lane_plan::place::host || !led.contains(j->name);
      });
      if (left.size() < old.all.size()) by_key_.at(key)->set_jobs(std::move(left));
      tasks_.spawn(retire(by_key_.at(key)));
    }
  }
  for (const auto& [key, plan] : wanted) {
    if (!by_key_.contains(key)) begin_lane(key, plan);
  }
  std::erase_if(wanted, [this](const auto& one) {
    return retiring_.contains(one.first) || !by_key_.contains(one.first);
  });
  plan_ = std::move(wanted);
  lanes_.clear();
  for (const auto& [key, one] : by_key_) {
    if (!retiring_.contains(key)) lanes_.push_back(one);
  }
}

// In an outage an election that was left is released later, and can be entered only then.
void tenant::begin_lane(const std::string& key, const lane_plan& plan) {
  try {
    const std::shared_ptr<lane> made = make_lane(key, plan);
    by_key_.emplace(key, made);
    if (refused_) made->stand();  // else start() does it
  } catch (const boost::system::system_error& e) {
    if (e.code() != errc::already_entered) throw;
    if (!std::exchange(retrying_, true)) tasks_.spawn(apply_again());
  }
}

asio::awaitable<void> tenant::apply_again() {
  co_await runtime::sleep_until(*replica_.timers, replica_.timers->now() + retry_pause);
  retrying_ = false;
  if (!ending_) apply(plan_lanes(file_));
}

// Its runs end first. Then the key may be entered again, in another group for instance.
asio::awaitable<void> tenant::retire(std::shared_ptr<lane> old) {
  old->wind_down(lane::after_runs::resign);
  co_await old->ended();
  co_await old->leave();
  by_key_.erase(old->key());
  retiring_.erase(old->key());
  if (!ending_) apply(plan_lanes(file_));
}

std::string tenant::why_not(const jobs_file& next) const {
  const auto changed = [](const char* what, const std::string& from, const std::string& to) {
    return std::string(what) + " is " + to + " now, and was " + from + ": restart to use it";
  };
  if (next.election != file_.election) return changed("election:", file_.election, next.election);
  if (next.ledger != file_.ledger) return changed("ledger:", file_.ledger, next.ledger);
  if (spreads(next) != spreads(file_)) {
    const auto text = [](bool on) { return std::string(on ? "true" : "false"); };
    return changed("spread:", text(spreads(file_)), text(spreads(next)));
  }
  return mistakes(next);
}

std::string tenant::reload(jobs_file next) {
  std::string why = why_not(next);
  if (!why.empty() || ending_) return why;
  try {
    token_->use(next.token_file);
  } catch (const bad_configuration& e) {
    return e.what();
  }
  std::set<std::string> before;
  for (const job_ptr& j : file_.jobs) before.insert(j->name);
  std::size_t stay = 0;
  for (const job_ptr& j : next.jobs) stay += before.count(j->name);
  const std::uint64_t added = next.jobs.size() - stay;
  const std::uint64_t removed = before.size() - stay;
  file_ = std::move(next);
  digest_ = file_.digest();
  set_limits();
  apply(plan_lanes(file_));
  if (groups_) {
    groups_->publish(digest_);
  } else {
    replicas_->set_labels({{file_agreement::label, digest_}});
  }
  replica_.options.log->log(
      log_level::info, "jobs file reloaded",
      {log_field("election", file_.election),
       log_field("jobs", static_cast<std::uint64_t>(file_.jobs.size())), log_field("added", added),
       log_field("removed", removed), log_field("digest", digest_)});
  return {};
}

}  // namespace tenure::cron
