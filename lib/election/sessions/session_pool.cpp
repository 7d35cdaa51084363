#include "election/sessions/session_pool.hpp"

#include <utility>

#include "runtime/keep_alive.hpp"

namespace tenure::impl {

session_pool::session_pool(std::shared_ptr<const runtime::environment> env, consul::client& client,
                           spawn_function spawn, const elections_options& options,
                           std::shared_ptr<turn_queue> proof_turns,
                           std::shared_ptr<transaction_limit> limit)
    : env_(std::move(env)),
      client_(client),
      spawn_(std::move(spawn)),
      options_(options),
      proof_turns_(std::move(proof_turns)),
      limit_(std::move(limit)) {}

session_plan session_pool::plan_for(session_kind kind) const {
  return session_plan(kind, options_.name(), options_.liveness().value_or(duration{0}));
}

session_pool::pooled session_pool::session_for(const candidacy& how) {
  const session_kind kind(how);
  group& g = groups_[kind];
  if (g.sessions.size() >= options_.sessions()) return g.sessions[g.next++ % g.sessions.size()];
  auto fresh = std::make_shared<pooled_session>();
  fresh->session = std::make_shared<consul_session>(env_, client_, spawn_, plan_for(kind));
  fresh->proofs = std::make_shared<proof_batcher>(env_, client_, spawn_, kind.span, proof_turns_,
                                                  limit_);
  g.sessions.push_back(fresh);
  spawn_(runtime::keep_alive(fresh->session->run(), fresh));
  spawn_(runtime::keep_alive(fresh->proofs->run(), fresh));
  return fresh;
}

bool session_pool::has(const std::string& id) const noexcept {
  for (const auto& [kind, g] : groups_) {
    for (const pooled& one : g.sessions) {
      if (one->session->id() == id) return true;
    }
  }
  return false;
}

std::vector<session_pool::pooled> session_pool::take_all() {
  std::vector<pooled> all;
  for (const auto& [kind, g] : groups_) {
    all.insert(all.end(), g.sessions.begin(), g.sessions.end());
  }
  groups_.clear();
  return all;
}

}  // namespace tenure::impl
