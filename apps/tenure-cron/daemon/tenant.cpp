#include "tenure-cron/daemon/tenant.hpp"

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "common/dispatch_events.hpp"
#include "common/options.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// A member that operators drain ends its jobs' runs first, however long they take.
constexpr duration drain_limit = 24h;
// A lane of one job is asked to hand over between two runs, and a run may be long. A lane of many
// jobs has such a moment seldom: then it keeps its election, and the plan moves others.
constexpr duration spread_hand_over_limit = 1h;
// Files that are changed one after the other on all hosts differ for a moment.
constexpr duration agreement_pause = 2s;
constexpr duration refusal_check_interval = 1s;
constexpr int most_refusals = 3;

std::shared_ptr<tenant_token> token_of(const daemon_options& options, const jobs_file& file) {
  auto made = std::make_shared<tenant_token>(options.consul.access(), options.log);
  made->use(file.token_file);
  return made;
}

elections_options options_of(const daemon_options& options, std::shared_ptr<token_source> token) {
  elections_options o;
  o.name("tenure-cron");
  o.log(options.log);
  o.liveness(options.liveness);
  o.metrics(options.metrics);
  o.access(consul_access(options.consul.access()).token(std::move(token)));
  return o;
}

runner_options runner_options_of(const daemon_options& options, const std::string& tenant,
                                 const jobs_file& file) {
  runner_options o;
  o.tenant = tenant;
  o.host = options.replica;
  o.span = options.profile.span();
  o.grace = options.profile.stop_budget();
  o.format = options.format;
  o.max_output = file.limits.max_output;
  return o;
}

}  // namespace

tenant::tenant(replica_context& replica, std::string name, jobs_file file)
    : replica_(replica),
      name_(std::move(name)),
      file_(std::move(file)),
      digest_(file_.digest()),
      keys_(file_.ledger),
      token_(token_of(replica.options, file_)),
      elections_(replica.connections, options_of(replica.options, token_)),
      store_(elections_),
      runner_(replica.services, runner_options_of(replica.options, name_, file_)),
      control_(elections_.kv(), keys_, *replica.timers),
      agreement_(replica.options.log, file_.election),
      changed_(*replica.timers),
      tasks_(replica.executor, *replica.timers,
             [this](std::exception_ptr e) { on_failure(std::move(e)); }) {
  join_groups();
  const std::string why = mistakes(file_);
  if (!why.empty()) throw bad_configuration(why);
  set_limits();
  apply(plan_lanes(file_));
}

void tenant::on_failure(std::exception_ptr e) {
  try {
    std::rethrow_exception(std::move(e));
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == errc::shut_down) return;
    replica_.options.log->log(log_level::error, "task failed",
                              {log_field("election", file_.election),
                               log_field("why", failure.what())});
  }
}

void tenant::set_limits() {
  admission_.set_max_parallel(file_.limits.max_parallel, replica_.clock.now_seconds());
  runner_.set_max_output(file_.limits.max_output);
}

bool tenant::spreads(const jobs_file& file) const {
  return file.spread.value_or(replica_.options.group.has_value());
}

/// Of the group over which the elections of a file spread. Each tenant has one for itself.
std::string tenant::group_prefix() const {
  const auto& group = replica_.options.group;
  if (!group) return file_.election;
  return name_.empty() ? group->prefix : group->prefix + '/' + name_;
}

void tenant::join_groups() {
  const daemon_options& options = replica_.options;
  const bool spread = spreads(file_);
  if (options.group || spread) {
    membership how = options.group ? options.group->how
                                   : membership(options.replica, options.profile);
    how.drain_limit(drain_limit);
    if (spread) how.hand_over_limit(spread_hand_over_limit);
    groups_.emplace(elections_, group_prefix(), std::move(how), options.labels);
    groups_->publish(digest_);
    return;
  }
  membership how(options.replica, options.profile);
  how.labels({{file_agreement::label, digest_}});
  replicas_.emplace(elections_.join(file_.ledger + "/replicas", std::move(how)));
}

void tenant::start(std::function<void(const boost::system::system_error&)> refused) {
  refused_ = std::move(refused);
  tasks_.spawn(apps::dispatch_events(elections_, [this](const event& e) { on_event(e); }));
  // What operators ask for reaches every replica; the leader of the job obeys.
  tasks_.spawn(control_.follow([this](const std::set<std::string>& jobs) {
    for (const auto& [key, one] : by_key_) one->control_changed(jobs);
  }));
  tasks_.spawn(watch_members());
  if (groups_)
    groups_->watch_labels([this](group& g) { tasks_.spawn(follow_drain_in(g)); });
  tasks_.spawn(watch_for_refusal());
  replica_.options.log->log(
      log_level::info, "campaign started",
      {log_field("election", file_.election), log_field("value", replica_.options.profile.value()),
       log_field("jobs", static_cast<std::uint64_t>(file_.jobs.size())),
       log_field("lanes", static_cast<std::uint64_t>(lanes_.size()))});
  for (const auto& one : lanes_) one->stand();
}

void tenant::on_event(const event& e) {
  const auto found = by_key_.find(e.key);
  if (found != by_key_.end()) found->second->update(e);
}

asio::awaitable<void> tenant::watch_members() {
  group& watched = groups_ ? groups_->main() : *replicas_;
  for (;;) {
    co_await watched.changed();
    if (groups_) groups_->follow_drain();
    if (!agreement_.news(watched.members(), digest_)) continue;
    co_await runtime::sleep_until(*replica_.timers, replica_.timers->now() + agreement_pause);
    if (groups_) groups_->follow_drain();  // the pause may have missed a change
    agreement_.compare(watched.members(), digest_);
  }
}

asio::awaitable<void> tenant::follow_drain_in(group& of_labels) {
  for (;;) {
    co_await of_labels.changed();
    groups_->follow_drain();
  }
}

// An unreachable Consul comes back by itself, and a right that the token lacks may be granted at
// any time. A request that Consul keeps refusing for another reason needs another configuration.
asio::awaitable<void> tenant::watch_for_refusal() {
  int refusals = 0;
  while (refusals < most_refusals) {
    const time_point next = replica_.timers->now() + refusal_check_interval;
    co_await runtime::sleep_until(*replica_.timers, next);
    const auto refused = std::ranges::find_if(lanes_, [](const std::shared_ptr<lane>& one) {
      const error_code why = one->handle().last_error();
      return !one->leads() && why == error_kind::fatal && why != consul_errc::forbidden;
    });
    refusals = refused != lanes_.end() ? refusals + 1 : 0;
    if (refusals == most_refusals)
      refused_(boost::system::system_error((*refused)->handle().last_error(), (*refused)->key()));
  }
}

}  // namespace tenure::cron
