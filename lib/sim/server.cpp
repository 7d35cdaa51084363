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

server::server(world& its_world, const scenario& its_scenario, ground_truth& truth)
    : world_(its_world),
      scenario_(its_scenario),
      rates_(its_scenario.server),
      limit_(its_scenario.server_limit),
      truth_(truth),
      random_(runtime::seeded_random(its_scenario.seed ^ 0xc0450)),
      tick_(std::make_unique<tick_timer>(*this)),
      open_(its_scenario.addresses + its_scenario.foreign_contenders) {
  start_handler(0, 0s);
}

server::~server() { world_.disarm(*tick_); }

void server::start_handler(std::uint64_t start_index, duration start_lock_delay) {
  agent::handler_options options;
  options.version = scenario_.version;
  options.start_index = start_index;
  options.start_lock_delay = start_lock_delay;
  agent::answer_sink& sink = *this;
  handler_ = std::make_unique<agent::handler>(options, *random_, sink, world_.now());
  faults().record_changes();
  faults().set_session_life([this](duration ttl) {
    return rates_.early_expiry ? world_.between(ttl, 2 * ttl) : 2 * ttl;
  });
  rearm();
}

// -- connections ---------------------------------------------------------------------------------

connect_result server::connect(std::size_t address) {
  if (world_.now() < down_until_) return connect_result::refused;
  if (open_[address] >= limit_) {
    world_.probes.hit("connection limit reached");
    return connect_result::too_many;
  }
  ++open_[address];
  return connect_result::accepted;
}

void server::hang_up(std::size_t address, std::uint64_t epoch) {
  if (epoch == epoch_) --open_[address];
}

void server::release_slot(inflight_request& sent) {
  if (std::exchange(sent.holds_slot, false)) hang_up(sent.address, sent.epoch);
}

void server::drop_connections() {
  ++epoch_;
  std::fill(open_.begin(), open_.end(), 0);
  const auto gone = std::exchange(inflight_, {});
  for (const auto& [id, sent] : gone) {
    if (sent->abandoned) continue;
    sent->sender.deliver([sent] { sent->fail(boost::asio::error::connection_reset); });
  }
}

// -- requests ------------------------------------------------------------------------------------

void server::send(const std::shared_ptr<inflight_request>& sent) {
  sent->id = ++last_id_;
  if (sent->fate.lost_before) return;
  world_.after(sent->fate.request_delay, [this, sent] { arrive(sent); });
}

void server::arrive(const std::shared_ptr<inflight_request>& sent) {
  ++requests_;
  if (sent->epoch != epoch_ || world_.now() < down_until_) return;  // its connection is closed
  world_.note("server", to_string(sent->kind), sent->request.target, sent->id,
              static_cast<std::uint64_t>(sent->by));
  if (world_.trace.printing() && !sent->request.body.empty()) {
    world_.trace.remark(world_.now(), "body", sent->request.body);
  }
  sent->at_server = true;
  if (!misbehave(sent)) serve(sent);
}

void server::serve(const std::shared_ptr<inflight_request>& sent) {
  tick();
  inflight_.emplace(sent->id, sent);
  const bool claims =
      sent->kind == request_kind::transaction || sent->kind == request_kind::lock;
  if (claims && world_.chance_of(rates_.bypass)) {
    faults().set_lock_delay_mode(agent::lock_delay_mode::bypassed);
  }
  handler_->handle(sent->request, world_.now(), sent->id);
  faults().set_lock_delay_mode(agent::lock_delay_mode::enforced);
  record_changes(sent->by);
}

void server::tick() {
  handler_->tick(world_.now());
  record_changes(the_server);
}

void server::record_changes(actor by) {
  for (const std::string& key : faults().take_changes()) {
    truth_.update(key, faults().find(key), by);
  }
  rearm();
}

void server::rearm() {
  const time_point next = handler_->next_deadline();
  if (next == time_point::max())
    world_.disarm(*tick_);
  else if (!tick_->armed() || tick_->deadline() != next)
    world_.arm(*tick_, next);
}

void server::abandon(inflight_request& sent) {
  if (sent.abandoned) return;
  sent.abandoned = true;
  // A request at the server keeps its connection until it is served.
  if (!sent.at_server) release_slot(sent);
  if (sent.at_server && sent.kind == request_kind::poll) world_.probes.hit("poll abandoned");
}

void server::answered(agent::request_id id, runtime::http_response response) {
  if (id == 0) {
    immediate_ = std::move(response);
    return;
  }
  const auto found = inflight_.find(id);
  if (found == inflight_.end()) return;
  const auto sent = found->second;
  inflight_.erase(found);
  note_session(*sent, response);
  remember(*sent, response);
  const bool may_be_old = sent->kind == request_kind::poll && !is_consistent(sent->request);
  if (may_be_old && world_.chance_of(rates_.backwards)) {
    const auto& past = past_[without_index(sent->request)];
    if (past.size() > 1) {
      world_.probes.hit("poll answered from the past");
      return reply_from_past(sent, past[world_.below(past.size() - 1)]);
    }
  }
  reply(sent, std::move(response));
}

void server::note_session(const inflight_request& sent, const runtime::http_response& response) {
  if (sent.kind != request_kind::session_create) return;
  const auto at = response.body.find("\"ID\":\"");
  if (at == std::string::npos) return;
  truth_.session_created(response.body.substr(at + 6, 36), sent.by);
}

void server::reply_from_past(const std::shared_ptr<inflight_request>& sent,
                             const past_answer& answer) {
  sent->shows_state_of = answer.at;
  reply(sent, answer.response);
}

void server::reply(const std::shared_ptr<inflight_request>& sent, runtime::http_response response) {
  if (!sent->at_server) return;
  sent->at_server = false;
  if (sent->shows_state_of == time_point{}) sent->shows_state_of = world_.now();
  world_.note("server", "answers", {}, sent->id, response.status);
  if (sent->abandoned) {
    release_slot(*sent);
    return;
  }
  if (sent->fate.lost_after) return;
  if (sent->fate.reset_after) {
    world_.after(sent->fate.response_delay, [sent] {
      sent->sender.deliver([sent] { sent->fail(boost::asio::error::connection_reset); });
    });
    return;
  }
  auto kept = std::make_shared<runtime::http_response>(std::move(response));
  world_.after(sent->fate.response_delay, [sent, kept] {
    sent->sender.deliver([sent, kept] {
      if (sent->done()) return;
      sent->response = std::move(*kept);
      sent->changed.notify_all();
    });
  });
}

void server::fail(const std::shared_ptr<inflight_request>& sent, unsigned status,
                  std::string text) {
  sent->closes = status == 429;
  reply(sent, runtime::http_response(status, std::move(text)));
}

runtime::http_response server::serve_now(runtime::http_request request, actor by) {
  tick();
  handler_->handle(request, world_.now(), 0);
  record_changes(by);
  return std::move(*std::exchange(immediate_, std::nullopt));
}

void server::remember(const inflight_request& sent, const runtime::http_response& response) {
  if (sent.kind != request_kind::poll && sent.kind != request_kind::read) return;
  if (rates_.stale == 0 && rates_.backwards == 0 && rates_.silent_poll == 0) return;
  auto& past = past_[without_index(sent.request)];
  past.push_back(past_answer{world_.now(), response});
  if (past.size() > 6) past.pop_front();
}

}  // namespace tenure::sim
