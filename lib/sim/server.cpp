#include "sim/server.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <utility>

namespace tenure::sim {

using namespace std::chrono_literals;

class server::tick_timer : public runtime::timer {
 public:
  explicit tick_timer(server& s)
      : timer([](timer& t) noexcept { static_cast<tick_timer&>(t).server_.tick(); }), server_(s) {}

 private:
  server& server_;
};

server::server(world& its_world, const plan& its_plan, truth& what_is)
    : world_(its_world),
      plan_(its_plan),
      rates_(its_plan.server),
      limit_(its_plan.server_limit),
      truth_(what_is),
      random_(runtime::seeded_random(its_plan.seed ^ 0xc0450)),
      tick_(std::make_unique<tick_timer>(*this)),
      open_(its_plan.hosts + its_plan.foreigners) {
  start_handler(0, 0s);
}

server::~server() { world_.disarm(*tick_); }

void server::start_handler(std::uint64_t start_index, duration start_lock_delay) {
  agent::handler_options options;
  options.start_index = start_index;
  options.start_lock_delay = start_lock_delay;
  faults_.reset();
  agent::answer_sink& sink = *this;
  handler_ = std::make_unique<agent::handler>(options, *random_, sink, world_.now());
  faults_ = std::make_unique<agent::faults>(*handler_);
  faults_->watch_changes();
  faults_->session_life([this](duration ttl) {
    return rates_.early_expiry ? world_.between(ttl, 2 * ttl) : 2 * ttl;
  });
  follow();
}

// -- connections ---------------------------------------------------------------------------------

greeting server::connect(std::size_t host) {
  if (world_.now() < down_until_) return greeting::refused;
  if (open_[host] >= limit_) {
    world_.counts.hit("connection limit reached");
    return greeting::too_many;
  }
  ++open_[host];
  return greeting::welcome;
}

void server::hang_up(std::size_t host, std::uint64_t epoch) {
  if (epoch == epoch_) --open_[host];
}

void server::release_slot(flight& f) {
  if (std::exchange(f.holds_slot, false)) hang_up(f.host, f.epoch);
}

void server::drop_connections() {
  ++epoch_;
  std::fill(open_.begin(), open_.end(), 0);
  const auto gone = std::exchange(flights_, {});
  for (const auto& [id, f] : gone) {
    if (f->abandoned) continue;
    f->sender.deliver([f] {
      if (f->done()) return;
      f->error = boost::asio::error::connection_reset;
      f->changed.notify_all();
    });
  }
}

// -- requests ------------------------------------------------------------------------------------

void server::send(const std::shared_ptr<flight>& f) {
  f->id = ++last_id_;
  if (f->fate.lost_before) return;
  world_.after(f->fate.there, [this, f] { arrive(f); });
}

void server::arrive(const std::shared_ptr<flight>& f) {
  ++requests_;
  if (f->epoch != epoch_ || world_.now() < down_until_) return;  // its connection is no more
  world_.note("server", to_string(f->kind), f->request.target, f->id,
              static_cast<std::uint64_t>(f->by));
  f->at_server = true;
  if (!misbehave(f)) serve(f);
}

void server::serve(const std::shared_ptr<flight>& f) {
  tick();
  flights_.emplace(f->id, f);
  const bool bypass = f->kind == request_kind::transaction || f->kind == request_kind::lock
                          ? world_.chance_of(rates_.bypass)
                          : false;
  faults_->ignore_lock_delay(bypass);
  handler_->handle(f->request, world_.now(), f->id);
  faults_->ignore_lock_delay(false);
  after(f->by);
}

void server::tick() {
  handler_->tick(world_.now());
  after(the_server);
}

void server::after(actor by) {
  for (const std::string& key : faults_->take_changes()) truth_.update(key, faults_->find(key), by);
  follow();
}

void server::follow() {
  const time_point next = handler_->next_deadline();
  if (next == time_point::max())
    world_.disarm(*tick_);
  else if (!tick_->armed() || tick_->deadline() != next)
    world_.arm(*tick_, next);
}

void server::abandon(flight& f) {
  if (f.abandoned) return;
  f.abandoned = true;
  // Whatever is being worked on keeps its connection until it is done.
  if (!f.at_server) release_slot(f);
  if (f.at_server && f.kind == request_kind::poll) world_.counts.hit("poll abandoned");
}

void server::answered(agent::request_id id, runtime::http_response response) {
  if (id == 0) {
    asked_ = std::move(response);
    return;
  }
  const auto found = flights_.find(id);
  if (found == flights_.end()) return;
  const auto f = found->second;
  flights_.erase(found);
  remember(*f, response);
  if (f->kind == request_kind::poll && world_.chance_of(rates_.backwards)) {
    const auto& past = past_[without_index(f->request)];
    if (past.size() > 1) {
      world_.counts.hit("poll answered from the past");
      response = past[world_.below(past.size() - 1)].response;
    }
  }
  reply(f, std::move(response));
}

void server::reply(const std::shared_ptr<flight>& f, runtime::http_response response) {
  if (!f->at_server) return;
  f->at_server = false;
  world_.note("server", "answers", {}, f->id, response.status);
  if (f->abandoned) {
    release_slot(*f);
    return;
  }
  if (f->fate.lost_after) return;
  if (f->fate.reset_after) {
    world_.after(f->fate.back, [f] {
      f->sender.deliver([f] {
        if (f->done()) return;
        f->error = boost::asio::error::connection_reset;
        f->changed.notify_all();
      });
    });
    return;
  }
  auto kept = std::make_shared<runtime::http_response>(std::move(response));
  world_.after(f->fate.back, [f, kept] {
    f->sender.deliver([f, kept] {
      if (f->done()) return;
      f->response = std::move(*kept);
      f->changed.notify_all();
    });
  });
}

void server::fail(const std::shared_ptr<flight>& f, unsigned status, std::string text) {
  f->closes = status == 429;
  reply(f, runtime::http_response(status, std::move(text)));
}

runtime::http_response server::ask(runtime::http_request request, actor by) {
  tick();
  handler_->handle(request, world_.now(), 0);
  after(by);
  return std::move(*std::exchange(asked_, std::nullopt));
}

void server::remember(const flight& f, const runtime::http_response& response) {
  if (f.kind != request_kind::poll && f.kind != request_kind::read) return;
  if (rates_.stale == 0 && rates_.backwards == 0 && rates_.silent_poll == 0) return;
  auto& past = past_[without_index(f.request)];
  past.push_back({world_.now(), response});
  if (past.size() > 6) past.pop_front();
}

}  // namespace tenure::sim
