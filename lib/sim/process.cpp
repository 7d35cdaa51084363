#include "sim/process.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "election/engine.hpp"
#include "election/handles/access.hpp"
#include "sim/request_kind.hpp"
#include "sim/safety_checker.hpp"

namespace tenure::sim {

namespace asio = boost::asio;
using namespace std::chrono_literals;

std::string election_key(std::size_t election) {
  const char* below = election % 7 == 5 ? "f/" : election % 7 == 6 ? "g/" : "e/";
  return below + std::to_string(election) + "/leader";
}

std::size_t election_number(const std::string& key) { return std::stoul(key.substr(2)); }

namespace {

/// Uniform within the limit, with a preference for both ends.
std::int64_t draw_rate(world& w, std::int64_t most) {
  if (most == 0) return 0;
  const std::uint64_t how = w.below(4);
  if (how == 0) return most;
  if (how == 1) return -most;
  return static_cast<std::int64_t>(w.below(static_cast<std::uint64_t>(2 * most + 1))) - most;
}

/// Counts the library's log messages, which shows how often its rare paths run, and prints them
/// with the trace.
class log_to_trace final : public log_sink {
 public:
  log_to_trace(world& w, std::string who) : world_(w), who_(std::move(who)) {}
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    world_.probes.hit("library: " + std::string(message));
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
  world& world_;
  std::string who_;
};

}  // namespace

process::process(run_context& context, actor number, std::size_t slot)
    : context_(context),
      number_(number),
      slot_(slot),
      address_(slot % context.scenario.addresses),
      host_(context.world, "p" + std::to_string(number), context.world.random().next(),
            context.world.between(0s, 1000s),
            draw_rate(context.world, context.scenario.drift_ppm)),
      env_(std::make_shared<runtime::environment>()),
      metrics_(std::make_shared<metrics_registry>()) {
  link_options options;
  options.who = number;
  options.address = address_;
  options.connections = context.scenario.connections;
  link_ = std::make_shared<sim::link>(context, host_, options);
  env_->executor = host_.executor();
  env_->clock = host_.clock();
  // Without ownership: the host outlives the library.
  env_->timers = std::shared_ptr<runtime::timers>(std::shared_ptr<void>(), &host_);
  env_->random = host_.shared_random();
  env_->transport = link_;
  env_->log = std::make_shared<log_to_trace>(context.world, host_.name());
  link_->on_response = [this](const inflight_request& sent) {
    context_.checker.response_received(sent);
  };
  host_.on_step = [this] { context_.checker.process_stepped(number_); };
  for (std::size_t i = 0; i < context.scenario.elections; ++i) observed_[i];
}

process::~process() = default;

void process::start() {
  const scenario& settings = context_.scenario;
  context_.world.note(host_.name(), "starts", {}, address_,
                      static_cast<std::uint64_t>(host_.clock()->rate_ppm()));
  spans_ = settings.mixed_spans && chance_of(0.5) ? span_choice::doubled : span_choice::common;
  consul_config config;
  config.connections(settings.connections);
  config.request_timeout(settings.request_timeout);
  elections_options options;
  options.sessions(settings.pool);
  options.wait(settings.wait);
  options.liveness(settings.liveness);
  options.log(env_->log);
  options.metrics(metrics_);
  const auto shared = std::make_shared<impl::connections>(env_, std::move(config));
  library_.push_back(shared);
  for (std::size_t i = 0; i < settings.tenants; ++i) {
    options.access(consul_access().token(tenant_token(i)));  // for the checker: see observed_keys
    auto engine = std::make_shared<impl::engine>(shared, options);
    engines_.push_back(engine);
    library_.push_back(engine->shared());
    tenants_.push_back(impl::access::elections_of(std::move(engine)));
  }
  // What an operator reads is no observation of a candidate: see observed_keys.
  options.access(consul_access().token(tenant_token(settings.tenants)));
  auto engine = std::make_shared<impl::engine>(shared, options);
  engines_.push_back(engine);
  library_.push_back(engine->shared());
  operator_ = impl::access::elections_of(std::move(engine));
  user_tasks_ = std::make_unique<runtime::task_scope>(
      env_->executor, host_, [this](std::exception_ptr e) { failed(std::move(e)); });
  entered_.resize(settings.elections);
  stays_.resize(settings.groups.groups);
  for (std::size_t i = 0; i < stays_.size(); ++i) user_tasks_->spawn(be_member(i));
  for (std::size_t i = 0; i < tenants_.size(); ++i) user_tasks_->spawn(follow_events(i));
  for (std::size_t i = 0; i < settings.semaphores.semaphores; ++i) {
    user_tasks_->spawn(contend(i));
  }
  if (chance_of(0.3)) user_tasks_->spawn(toggle_health());
  const bool observes = chance_of(0.5);
  for (std::size_t i = 0; i < settings.elections; ++i) {
    // Of many elections a process leaves some out, but none is without a candidate.
    // All members of a group enter all of its elections.
    const bool enters = settings.elections <= 16 || settings.groups.group_of(i) ||
                        chance_of(0.8) || i % settings.processes == slot_;
    if (enters) user_tasks_->spawn(take_part(i));
    if (observes && (settings.elections <= 16 || chance_of(0.02))) user_tasks_->spawn(observe(i));
  }
}

void process::report_exception(const std::exception& e) {
  context_.world.report_violation(
      "user", host_.name() + ": user code got the exception " + e.what());
}

void process::failed(std::exception_ptr thrown) {
  if (dead_) return;
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const boost::system::system_error& e) {
    // The library throws this into its users when it is shut down.
    if (stopping_ && e.code() == errc::shut_down) return;
    report_exception(e);
  } catch (const std::exception& e) {
    report_exception(e);
  }
}

void process::pause() {
  context_.world.note(host_.name(), "paused");
  if (stopping_) excused_end_ = true;
  host_.pause();
  context_.checker.process_paused(number_);
}

void process::settle() {
  settled_ = true;
  host_.resume();
}

void process::crash() {
  context_.world.note(host_.name(), "crashes");
  dead_ = true;
  context_.checker.process_died(number_);
  host_.on_step = nullptr;
  link_->sever();
  host_.resume();
  if (!stopping_) stop();
}

void process::stop() {
  if (stopping_) return;
  stopping_ = true;
  host_.resume();
  asio::co_spawn(env_->executor, shut_down(), [self = shared_from_this()](std::exception_ptr e) {
    if (e) self->failed(std::move(e));
  });
}

void process::cancel_user_tasks() {
  user_tasks_->cancel();
  const auto cancellers = cancellers_;
  for (const auto& s : cancellers) (*s)();
}

asio::awaitable<void> process::shut_down() {
  const auto self = shared_from_this();
  context_.world.note(host_.name(), "stops");
  // Either the user tasks end first, or the library's shutdown ends them.
  if (chance_of(0.5)) cancel_user_tasks();
  std::size_t open = tenants_.size() + 1;
  const time_point latest = host_.now() + context_.scenario.shut_down_bound();
  runtime::async_condition ended(host_);
  const auto end = [&](elections& one) {
    asio::co_spawn(env_->executor, one.shut_down(), [&, self](std::exception_ptr e) {
      if (e) self->failed(std::move(e));
      if (host_.now() > latest) ended_late(host_.now() - latest);
      if (--open == 0) ended.notify_all();
    });
  };
  for (elections& tenant : tenants_) end(tenant);
  end(*operator_);
  while (open > 0) co_await ended.wait();
  cancel_user_tasks();
  co_await user_tasks_->join();
  count_watches();
  count_hand_overs();
  stays_.clear();
  tenants_.clear();
  operator_.reset();
  user_tasks_.reset();
  link_->close_idle();
  stopped_ = true;
  context_.world.note(host_.name(), "stopped");
}

// Rule H2. A paused process needs as long as it is paused.
void process::ended_late(duration by) {
  if (excused_end_) return;
  context_.world.report_violation(
      "H2", host_.name() + ": a shut-down ends " +
                std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(by).count()) +
                " ms after its bound");
}

void process::count_watches() {
  for (const auto& weak : engines_) {
    const auto e = weak.lock();
    if (!e) continue;
    const impl::watch_counts& n = e->shared()->watches.counts();
    probes& all = context_.world.probes;
    all.hit("watches: planned", n.plans);
    all.hit("watches: plan changed", n.changed_plans);
    all.hit("watches: oversized prefix", n.costly_prefixes);
    all.hit("watches: empty prefix", n.empty_answers);
    all.hit("watches: no connection for a poll", n.waits);
    all.hit("watches: old poll kept for its successors", n.kept);
    if (tenants_.size() > 1) all.hit("several tenants in a process");
  }
}

std::int64_t process::lost_claims() const noexcept {
  return metrics_->value(metric::claims_refused_held) +
         metrics_->value(metric::claims_refused_changed);
}

void process::count_hand_overs() {
  if (!context_.scenario.groups.any()) return;
  for (const metric_info& m : all_metrics) {
    const std::string name =
        std::string(m.name) + (m.label.empty() ? "" : " " + std::string(m.label_value));
    if (m.type != metric_type::counter || name.find("hand") == std::string::npos) continue;
    const std::int64_t n = metrics_->value(m.what);
    if (n > 0) context_.world.probes.hit("metric: " + name, static_cast<std::uint64_t>(n));
  }
}

std::string process::leaks() const {
  if (host_.timers_armed() != 0) return std::to_string(host_.timers_armed()) + " timers";
  if (link_->exchanges() != 0) return std::to_string(link_->exchanges()) + " requests";
  const auto lives = [](const auto& weak) { return !weak.expired(); };
  if (std::any_of(engines_.begin(), engines_.end(), lives)) return "an engine";
  if (std::any_of(library_.begin(), library_.end(), lives)) return "a context";
  for (const metric_info& m : all_metrics) {
    const bool gauge = m.type == metric_type::gauge;
    if (gauge && metrics_->value(m.what) != 0) return "the gauge " + std::string(m.name);
  }
  return {};
}

std::string process::standing_of(std::size_t election) const {
  if (entered_.size() <= election || entered_[election] == nullptr) return "outside";
  return std::string(to_string(entered_[election]->standing()));
}

}  // namespace tenure::sim
