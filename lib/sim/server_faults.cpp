// The faults of the simulated server.
#include <algorithm>
#include <utility>

#include "sim/server.hpp"

namespace tenure::sim {

using namespace std::chrono_literals;

namespace {

constexpr duration leader_wait = 7s;  // Consul waits so long for a leader before it answers 500
constexpr const char* no_leader = "No cluster leader";
constexpr const char* lost_leader = "leadership lost while committing log";

duration wait_of(const runtime::http_request& request) {
  const auto at = request.target.find("wait=");
  if (at == std::string::npos) return 5min;
  const long long number = std::stoll(request.target.substr(at + 5));
  return request.target.find("ms", at) != std::string::npos ? duration(1ms * number)
                                                            : duration(1s * number);
}

}  // namespace

// True if it answers the request, now or later.
bool server::misbehave(const std::shared_ptr<inflight_request>& sent) {
  // The local agent serves a heartbeat, in any state of the servers.
  if (sent->kind == request_kind::heartbeat) return false;
  const time_point now = world_.now();
  if (sent->kind == request_kind::renewal && now < deposed_until_ && world_.chance_of(0.7)) {
    // A deposed leader that was paused does not know its successor's decisions.
    world_.probes.hit("renewal answered by a deposed leader");
    reply(sent, runtime::http_response(200, "[]"));
    return true;
  }
  if (now < quorum_lost_until_) {
    world_.probes.hit("request without a quorum");
    if (sent->kind == request_kind::poll) {
      hold_silently(sent);
      return true;
    }
    world_.after(leader_wait, [this, sent] {
      if (sent->epoch != epoch_) return;
      if (world_.now() < quorum_lost_until_)
        fail(sent, 500, no_leader);
      else
        serve(sent);
    });
    return true;
  }
  if (now < leaderless_until_) {
    if (world_.chance_of(0.5)) {
      fail(sent, 500, no_leader);
      return true;
    }
    world_.at(leaderless_until_, [this, sent] {
      if (sent->epoch == epoch_) serve(sent);
    });
    return true;
  }
  if (world_.chance_of(rates_.throttled)) {
    world_.probes.hit("request throttled");
    fail(sent, world_.chance_of(0.5) ? 429U : 503U, "rate limit exceeded");
    return true;
  }
  if (writes(sent->kind) && world_.chance_of(rates_.unknown)) return lose_outcome(sent);
  if (sent->kind == request_kind::read && world_.chance_of(rates_.stale)) {
    return answer_from_past(sent);
  }
  if (sent->kind == request_kind::poll && world_.chance_of(rates_.silent_poll)) {
    world_.probes.hit("poll stays silent");
    hold_silently(sent);
    return true;
  }
  return false;
}

bool server::lose_outcome(const std::shared_ptr<inflight_request>& sent) {
  const std::uint64_t what = world_.below(3);
  world_.probes.hit(what == 0   ? "write lost with its leader"
                    : what == 1 ? "write carried out, and its leader lost"
                                : "write carried out later, and its leader lost");
  if (what != 0) {
    // The copy in the raft log of the other servers.
    const auto ghost = std::make_shared<inflight_request>(sent->sender, sent->by, sent->address,
                                                          sent->request);
    ghost->id = ++last_id_;
    ghost->epoch = epoch_;
    ghost->abandoned = true;
    ghost->holds_slot = false;
    if (what == 1) {
      serve(ghost);
    } else {
      world_.after(world_.between(0s, 4s), [this, ghost] {
        if (ghost->epoch == epoch_) serve(ghost);
      });
    }
  }
  fail(sent, 500, lost_leader);
  return true;
}

bool server::answer_from_past(const std::shared_ptr<inflight_request>& sent) {
  const auto& past = past_[without_index(sent->request)];
  if (past.empty()) return false;
  world_.probes.hit("read answered from the past");
  reply_from_past(sent, past[world_.below(past.size())]);
  return true;
}

void server::hold_silently(const std::shared_ptr<inflight_request>& sent) {
  std::optional<past_answer> old;
  const auto& past = past_[without_index(sent->request)];
  // The answer of a ?consistent poll is never older than the poll.
  if (!past.empty() && !is_consistent(sent->request)) old = past.back();
  world_.after(wait_of(sent->request), [this, sent, old] {
    if (sent->epoch != epoch_) return;
    if (old) {
      reply_from_past(sent, *old);
      return;
    }
    sent->request.target = without_index(sent->request);
    serve(sent);
  });
}

void server::change_leader(duration without) {
  world_.note("server", "new leader");
  world_.probes.hit("raft leader changed");
  leaderless_until_ = std::max(leaderless_until_, world_.now() + without);
  tick();
  faults().restart_ttls();
  rearm();
  if (!world_.chance_of(0.5)) return;
  // Polls at the old leader fail at once.
  std::vector<std::shared_ptr<inflight_request>> polls;
  for (const auto& [id, sent] : inflight_) {
    if (sent->kind == request_kind::poll && !sent->abandoned) polls.push_back(sent);
  }
  for (const auto& sent : polls) {
    // Later the handler answers a request that no longer exists.
    inflight_.erase(sent->id);
    fail(sent, 500, "rpc error making call: EOF");
  }
}

void server::lose_quorum(duration lasting) {
  world_.note("server", "no quorum");
  world_.probes.hit("quorum lost");
  tick();
  quorum_lost_until_ = world_.now() + lasting;
  faults().freeze_sessions();
  world_.after(lasting, [this] {
    if (world_.now() < quorum_lost_until_) return;
    faults().unfreeze_sessions();
    rearm();
  });
}

void server::depose(duration lasting) {
  world_.note("server", "deposed");
  deposed_until_ = world_.now() + lasting;
}

void server::restart(duration down) {
  world_.note("server", "restarts");
  world_.probes.hit("server restarted");
  tick();
  drop_connections();
  down_until_ = world_.now() + down;
  faults().cut_lock_delays(world_.now());
  faults().restart_ttls();
  rearm();
}

void server::restart_agent(duration down) {
  tick();
  const bool may_be_clean = handler_->forgets_nothing(world_.now(), 60s);
  const bool clean = may_be_clean && world_.chance_of(0.5);
  world_.note("server", clean ? "stops and starts" : "crashes and starts");
  world_.probes.hit(clean ? "agent restarted, clean" : "agent restarted, unclean");
  drop_connections();
  const std::uint64_t index = handler_->index() + 1000;
  truth_.erase_all(agent_restart);
  past_.clear();
  down_until_ = world_.now() + down;
  start_handler(index, clean ? 0s : 60s + down);
}

void server::lose_data(duration down) {
  tick();
  world_.note("server", "starts with an empty data directory");
  world_.probes.hit("data directory lost");
  drop_connections();
  truth_.erase_all(the_server);
  truth_.begin_life();
  past_.clear();
  down_until_ = world_.now() + down;
  start_handler(0, 0s);
}

std::vector<agent::kv_fields> server::snapshot(const std::string& prefix) {
  return faults().snapshot(prefix);
}

void server::restore(const std::string& prefix, const std::vector<agent::kv_fields>& keys) {
  tick();
  world_.note("server", "restores a snapshot", prefix);
  faults().restore(prefix, keys);
  record_changes(operators);
}

void server::lose_services(service_loss which) {
  tick();
  const bool one = which == service_loss::one;
  std::vector<std::string> all = faults().service_ids();
  if (all.empty()) return;
  if (one) all = {all[world_.below(all.size())]};
  world_.note("server", one ? "loses a service" : "agent forgets its services");
  world_.probes.hit(one ? "service taken away" : "agent restarted, and forgot its checks");
  for (const std::string& id : all) {
    serve_now(runtime::http_request("PUT", "/v1/agent/service/deregister/" + id), the_server);
  }
}

void server::wake_all() {
  world_.probes.hit("spurious wake-up of all polls");
  handler_->release_parked();
  record_changes(the_server);
}

void server::shorten_lock_delays() {
  world_.probes.hit("lock-delays lost or shortened");
  faults().cut_lock_delays(world_.now() + world_.between(0s, 2s));
  rearm();
}

void server::stop_faults() {
  rates_ = server_rates();
  limit_ = 10'000;  // a process that cannot connect cannot elect a leader
  leaderless_until_ = deposed_until_ = world_.now();
  if (quorum_lost_until_ > world_.now()) {
    quorum_lost_until_ = world_.now();
    faults().unfreeze_sessions();
    rearm();
  }
}

}  // namespace tenure::sim
