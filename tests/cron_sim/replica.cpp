#include "cron_sim/replica.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "cron_sim/mistaken_store.hpp"
#include "election/engine.hpp"
#include "election/handles/access.hpp"

namespace tenure::cron_sim {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::system_error;

namespace {

bool is_abort(const system_error& e) {
  return e.code() == asio::error::operation_aborted || e.code() == errc::shut_down;
}

/// Uniform within the limit.
std::int64_t draw_rate(sim::world& w, std::int64_t most) {
  if (most == 0) return 0;
  return static_cast<std::int64_t>(w.below(static_cast<std::uint64_t>(2 * most + 1))) - most;
}

/// Counts the log lines, and prints them with the trace.
class log_to_trace final : public log_sink {
 public:
  log_to_trace(sim::world& w, std::string who) : world_(w), who_(std::move(who)) {}
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    world_.probes.hit("log: " + std::string(message));
    if (!world_.trace.printing()) return;
    std::string line(message);
    for (const log_field& f : fields) {
      line += ' ';
      line += f.name();
      line += '=';
      line += f.value();
    }
    world_.trace.remark(world_.now(), who_, line);
  }

 private:
  sim::world& world_;
  std::string who_;
};

}  // namespace

replica::replica(fleet& all, sim::actor number, std::size_t slot)
    : fleet_(all),
      number_(number),
      slot_(slot),
      host_(all.simulated.world, "r" + std::to_string(number), all.simulated.world.random().next(),
            all.simulated.world.between(0s, 1000s),
            draw_rate(all.simulated.world, all.scenario.consul.drift_ppm)),
      env_(std::make_shared<runtime::environment>()),
      wall_(host_, *all.clocks[slot]),
      runner_(all.simulated.world, host_, all.scenario, all.checker,
              all.made == mistake::lease_not_asked ? lease_question::skipped
                                                   : lease_question::asked) {
  sim::link_options options;
  options.who = number;
  options.address = slot % all.scenario.consul.addresses;
  options.connections = all.scenario.consul.connections;
  link_ = std::make_shared<sim::link>(all.simulated, host_, options);
  env_->executor = host_.executor();
  env_->clock = host_.clock();
  // Without ownership: the host outlives the library.
  env_->timers = std::shared_ptr<runtime::timers>(std::shared_ptr<void>(), &host_);
  env_->random = host_.shared_random();
  env_->transport = link_;
  env_->log = std::make_shared<log_to_trace>(all.simulated.world, host_.name());
  host_.on_step = [this] { runner_.look(); };
  runner_.others_lead = [this](const std::string& key) {
    const auto leads = [&](const auto& r) { return r.get() != this && r->leads(key); };
    return std::any_of(fleet_.replicas.begin(), fleet_.replicas.end(), leads);
  };
}

replica::~replica() = default;

void replica::start() {
  fleet_.simulated.world.note(host_.name(), "starts", {}, slot_);
  tasks_ = std::make_unique<runtime::task_scope>(
      env_->executor, host_, [this](std::exception_ptr e) { failed(std::move(e)); });
  open_elections();
  make_lanes();
  tasks_->spawn(follow_control());
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    ++serving_;
    tasks_->spawn(serve(i));
  }
}

void replica::open_elections() {
  const sim::scenario& settings = fleet_.scenario.consul;
  consul_config config;
  config.connections(settings.connections);
  config.request_timeout(settings.request_timeout);
  elections_options options;
  options.sessions(settings.pool);
  options.wait(settings.wait);
  options.liveness(settings.liveness);
  options.log(env_->log);
  options.access(consul_access().token(sim::tenant_token(0)));
  const auto shared = std::make_shared<impl::connections>(env_, std::move(config));
  elections_ =
      impl::access::elections_of(std::make_shared<impl::engine>(shared, std::move(options)));
  if (fleet_.made == mistake::none)
    store_ = std::make_unique<cron::consul_ledger_store>(*elections_);
  else
    store_ = std::make_unique<mistaken_store>(*elections_, wall_, fleet_.made);
}

void replica::make_lanes() {
  const cron_scenario& s = fleet_.scenario;
  const candidacy how = s.consul.make_candidacy(host_.name(), sim::span_choice::common);
  if (s.spread) {
    membership member(sim::member_name(slot_), how);
    member.settling_time(s.consul.groups.settling_time)
        .hand_over_limit(s.consul.groups.hand_over_limit);
    group_.emplace(elections_->join(sim::group_prefix(0), std::move(member)));
  }
  for (std::size_t i = 0; i < s.lanes(); ++i) {
    cron::lane_context context(env_->executor, host_, wall_, *store_, runner_, admission_,
                               env_->log, cron::ledger_keys(ledger_root), host_.name());
    context.make_run_id = [this] { return host_.name() + "-" + std::to_string(run_ids_++); };
    for (std::size_t j = 0; j < s.jobs.size(); ++j) {
      if (s.lane_of(j) == i) context.jobs.push_back(s.jobs[j].what);
    }
    lanes_.push_back(std::make_unique<lane>(std::move(context)));
    const std::string key = sim::election_key(i);
    lanes_.back()->entered.emplace(s.spread ? group_->enter(key) : elections_->enter(key, how));
  }
}

void replica::failed(std::exception_ptr thrown) {
  if (dead_) return;
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const system_error& e) {
    if (stopping_ && is_abort(e)) return;
    fleet_.simulated.world.report_violation("code", host_.name() + ": exception " + e.what());
  } catch (const std::exception& e) {
    fleet_.simulated.world.report_violation("code", host_.name() + ": exception " + e.what());
  }
}

// -- leading -------------------------------------------------------------------------------------

asio::awaitable<void> replica::serve(std::size_t number) {
  lane& of = *lanes_[number];
  while (!stopping_) {
    term won;
    try {
      term t = co_await of.entered->campaign();
      won = std::move(t);
    } catch (const system_error& e) {
      if (!is_abort(e)) throw;
      break;
    }
    co_await lead(of, std::move(won));
  }
  --serving_;
}

asio::awaitable<void> replica::lead(lane& of, term won) {
  sim::world& world = fleet_.simulated.world;
  world.note(host_.name(), "leads", won.key(), won.fence());
  of.leading = won;
  of.schedule = std::make_unique<cron::term_schedule>(of.context, won);
  of.schedule->control_changed(control_);
  if (stopping_) of.schedule->stop();
  co_await of.schedule->run();
  of.schedule.reset();
  if (leaves_) {
    // So another member gets the keys by hand-overs. Leaving ends the terms of all lanes.
    const duration step = 20ms;
    while (working()) co_await sleep(step);
    if (!std::exchange(left_, true))
      asio::co_spawn(env_->executor, group_->leave(), [self = shared_from_this()](auto) {});
    co_await won.stop_requested();
  }
  const end_reason why = co_await won.resign();
  world.note(host_.name(), "resigns", std::string(to_string(why)), won.fence());
}

bool replica::leads(const std::string& key) const {
  if (dead_) return false;
  const auto holds = [&](const auto& l) {
    return l->leading && l->leading.key() == key && l->leading.holds();
  };
  return std::any_of(lanes_.begin(), lanes_.end(), holds);
}

bool replica::working() const {
  return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& l) { return !!l->schedule; });
}

asio::awaitable<void> replica::follow_control() {
  const cron::ledger_keys keys(ledger_root);
  kv stored = elections_->kv();
  std::uint64_t index = 0;
  const duration wait = fleet_.scenario.consul.wait;
  while (!stopping_) {
    bool refused = false;
    try {
      const stored_keys now = co_await stored.watch_below(keys.control(), index, wait);
      index = now.index;
      std::vector<cron::ledger_entry> entries;
      for (const stored_key& k : now.keys) entries.emplace_back(k.key, k.value, k.modify_index);
      control_ = cron::read_control(keys, entries);
      for (const auto& l : lanes_) {
        if (l->schedule) l->schedule->control_changed(control_);
      }
    } catch (const system_error& e) {
      if (is_abort(e)) co_return;
      refused = true;
    }
    if (refused) co_await sleep(fleet_.simulated.world.between(500ms, 3s));
  }
}

// -- operators -----------------------------------------------------------------------------------

void replica::move_leader() {
  if (alive()) tasks_->spawn(move());
}

asio::awaitable<void> replica::move() {
  sim::world& world = fleet_.simulated.world;
  const std::string key = sim::election_key(world.below(lanes_.size()));
  const std::string member = sim::member_name(world.below(fleet_.scenario.consul.processes));
  const std::string prefix = sim::group_prefix(0);
  const bool drains = world.chance_of(0.4);
  try {
    if (!group_) {
      world.probes.hit("operator deposed a leader");
      const leader deposed = co_await elections_->depose(key);
      static_cast<void>(deposed);
    } else if (drains) {
      world.probes.hit("operator drained a member");
      co_await elections_->drain(prefix, member);
      co_await sleep(world.between(1s, 15s));
    } else {
      world.probes.hit("operator pinned an election");
      co_await elections_->pin(prefix, key, member);
    }
  } catch (const system_error&) {
  }
  for (bool done = !drains || !group_; !done && !stopping_;) {
    try {
      co_await elections_->undrain(prefix, member);
      done = true;
    } catch (const system_error&) {
    }
    if (!done) co_await sleep(1s);
  }
}

// -- the end -------------------------------------------------------------------------------------

void replica::pause() {
  fleet_.simulated.world.note(host_.name(), "paused");
  host_.pause();
}

void replica::crash() {
  fleet_.simulated.world.note(host_.name(), "crashes");
  dead_ = true;
  runner_.die();
  host_.on_step = nullptr;
  link_->sever();
  host_.resume();
  if (!stopping_) stop();
}

void replica::stop() {
  if (stopping_) return;
  stopping_ = true;
  leaves_ = group_ && !dead_ && fleet_.simulated.world.chance_of(0.5);
  host_.resume();
  asio::co_spawn(env_->executor, shut_down(), [self = shared_from_this()](std::exception_ptr e) {
    if (e) self->failed(std::move(e));
  });
}

asio::awaitable<void> replica::shut_down() {
  const auto self = shared_from_this();
  sim::world& world = fleet_.simulated.world;
  world.note(host_.name(), "stops");
  for (const auto& l : lanes_) {
    if (l->schedule) l->schedule->stop();
  }
  const time_point until = host_.now() + (dead_ ? duration(0s) : world.between(0s, 20s));
  const duration step = 50ms;
  while (working() && host_.now() < until && !dead_) co_await sleep(step);
  for (const auto& l : lanes_) {
    if (l->schedule) l->schedule->stop_runs(cron::stop_cause::shutdown);
  }
  while (working() && !dead_) co_await sleep(step);
  co_await elections_->shut_down();
  while (serving_ > 0) co_await sleep(step);
  tasks_->cancel();
  co_await tasks_->join();
  lanes_.clear();
  group_.reset();
  store_.reset();
  elections_.reset();
  tasks_.reset();
  link_->close_idle();
  stopped_ = true;
  world.note(host_.name(), "stopped");
}

}  // namespace tenure::cron_sim
