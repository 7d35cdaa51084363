#include "sim/member.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "election/engine.hpp"

namespace tenure::sim {

namespace asio = boost::asio;
using namespace std::chrono_literals;

std::string election_key(std::size_t election) {
  // Most below one prefix, some elsewhere: no single list has them all.
  const char* below = election % 7 == 5 ? "f/" : election % 7 == 6 ? "g/" : "e/";
  return below + std::to_string(election) + "/leader";
}

namespace {

/// Rates spread evenly over what the plan allows, with both ends likelier.
std::int64_t draw_rate(world& w, std::int64_t most) {
  if (most == 0) return 0;
  const std::uint64_t how = w.below(4);
  if (how == 0) return most;
  if (how == 1) return -most;
  return static_cast<std::int64_t>(w.below(static_cast<std::uint64_t>(2 * most + 1))) - most;
}

/// Counts what the library's log says, which is how its rare paths are seen from here, and puts the
/// lines into the trace, where somebody reads that.
class log_to_trace final : public log_sink {
 public:
  log_to_trace(world& w, std::string who) : world_(w), who_(std::move(who)) {}
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    world_.counts.hit("library: " + std::string(message));
    if (!world_.log.printing()) return;
    std::string line(message);
    for (const log_field& f : fields) {
      line += ' ';
      line += f.name();
      line += '=';
      line += f.value();
    }
    world_.log.remark(world_.now(), who_, line);
  }

 private:
  world& world_;
  std::string who_;
};

}  // namespace

member::member(surroundings& around, actor number, std::size_t slot)
    : around_(around),
      number_(number),
      slot_(slot),
      host_(slot % around.settings.hosts),
      machine_(around.it, "p" + std::to_string(number), around.it.chance().next(),
               around.it.between(0s, 1000s),
               draw_rate(around.it, around.settings.drift_ppm)),
      link_(std::make_shared<sim::link>(around.it, machine_, around.consul, around.net, number,
                                        host_, around.settings.connections)),
      services_(std::make_shared<runtime::environment>()) {
  services_->executor = machine_.executor();
  services_->clock = machine_.clock();
  // Not counted: the machine outlives all that it is handed to.
  services_->timers = std::shared_ptr<runtime::timers>(std::shared_ptr<void>(), &machine_);
  services_->random = machine_.shared_random();
  services_->transport = link_;
  services_->log = std::make_shared<log_to_trace>(around.it, machine_.name());
  link_->seen = [this](const flight& f) { around_.verdicts.answer_seen(f); };
  machine_.stepped = [this] { around_.verdicts.look(number_); };
  for (std::size_t i = 0; i < around.settings.elections; ++i) seen_[i];
}

member::~member() = default;

void member::start() {
  const plan& p = around_.settings;
  around_.it.note(machine_.name(), "starts", {}, host_,
                  static_cast<std::uint64_t>(machine_.clock()->rate_ppm()));
  other_span_ = p.mixed_spans && chance_of(0.5);
  consul_config config;
  config.connections = p.connections;
  config.request_timeout = p.request_timeout;
  elections_options options;
  options.sessions = p.pool;
  options.wait = p.wait;
  options.liveness = p.liveness;
  options.log = services_->log;
  auto engine = std::make_shared<impl::engine>(services_, std::move(config), std::move(options));
  engine_ = engine;
  elections_.emplace(std::move(engine));
  users_ = std::make_unique<runtime::task_scope>(
      services_->executor, machine_, [this](std::exception_ptr e) { failed(std::move(e)); });
  standing_.resize(p.elections);
  users_->spawn(listen());
  if (chance_of(0.3)) users_->spawn(feel_ill());
  const bool observes = chance_of(0.5);
  for (std::size_t i = 0; i < p.elections; ++i) {
    // With many elections not everybody stands everywhere.
    const bool stands = p.elections <= 16 || chance_of(0.8) ||
                        i % p.processes == slot_;
    if (stands) users_->spawn(stand_in(i));
    if (observes && (p.elections <= 16 || chance_of(0.02))) users_->spawn(observe(i));
  }
}

void member::failed(std::exception_ptr thrown) {
  if (dead_) return;
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const boost::system::system_error& e) {
    // What the library throws when it is shut down under its users.
    if (stopping_ && e.code() == errc::shut_down) return;
    around_.it.wrong("user", machine_.name() + ": user code was thrown " + e.what());
  } catch (const std::exception& e) {
    around_.it.wrong("user", machine_.name() + ": user code was thrown " + e.what());
  }
}

void member::pause() {
  around_.it.note(machine_.name(), "paused");
  machine_.pause();
  around_.verdicts.process_paused(number_);
}

void member::settle() {
  settled_ = true;
  machine_.resume();
}

void member::crash() {
  around_.it.note(machine_.name(), "crashes");
  dead_ = true;
  around_.verdicts.process_died(number_);
  machine_.stepped = nullptr;
  link_->sever();
  machine_.resume();
  if (!stopping_) stop();
}

void member::stop() {
  if (stopping_) return;
  stopping_ = true;
  machine_.resume();
  asio::co_spawn(services_->executor, end(), [self = shared_from_this()](std::exception_ptr e) {
    if (e) self->failed(std::move(e));
  });
}

void member::give_up_users() {
  users_->cancel();
  const auto stoppers = stoppers_;
  for (const auto& s : stoppers) (*s)();
}

asio::awaitable<void> member::end() {
  const auto self = shared_from_this();
  around_.it.note(machine_.name(), "stops");
  // Either the tasks that use the library go first, or the library tells them.
  if (chance_of(0.5)) give_up_users();
  co_await elections_->shut_down();
  give_up_users();
  co_await users_->join();
  count_watches();
  elections_.reset();
  users_.reset();
  link_->close_idle();
  stopped_ = true;
  around_.it.note(machine_.name(), "stopped");
}

void member::count_watches() {
  const auto e = engine_.lock();
  if (!e) return;
  const impl::watch_counts& n = e->shared()->watches.counts();
  probes& all = around_.it.counts;
  all.hit("shards: planned", n.plans);
  all.hit("shards: another plan", n.changed_plans);
  all.hit("shards: too many foreign keys", n.costly_prefixes);
  all.hit("shards: empty prefix", n.empty_answers);
  all.hit("shards: no connection for a poll", n.waits);
  all.hit("shards: old poll kept for its successors", n.kept);
}

std::string member::left_over() const {
  if (machine_.timers_armed() != 0) return std::to_string(machine_.timers_armed()) + " timers";
  if (link_->exchanges() != 0) return std::to_string(link_->exchanges()) + " requests";
  if (!engine_.expired()) return "the engine";
  return {};
}

std::string member::standing_of(std::size_t election) const {
  if (standing_.size() <= election || standing_[election] == nullptr) return "outside";
  return std::string(to_string(standing_[election]->standing()));
}

}  // namespace tenure::sim
