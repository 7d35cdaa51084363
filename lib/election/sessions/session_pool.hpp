// The sessions of an elections object. Participants of one kind share one session, or a few.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/elections.hpp>
#include <vector>

#include "consul/client.hpp"
#include "election/sessions/batched_key.hpp"
#include "election/sessions/consul_session.hpp"
#include "election/sessions/proof_batcher.hpp"
#include "election/spawn.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

/// A session and the proofs of what it locks.
struct pooled_session {
  void attach(batched_key& key) {
    session->attach(key);
    proofs->attach(key);
  }
  void detach(batched_key& key) noexcept {
    session->detach(key);
    proofs->detach(key);
  }

  std::shared_ptr<consul_session> session;
  std::shared_ptr<proof_batcher> proofs;
};

class session_pool {
 public:
  using pooled = std::shared_ptr<pooled_session>;

  /// `client` and `options` outlive the pool.
  session_pool(std::shared_ptr<const runtime::environment> env, consul::client& client,
               spawn_function spawn, const elections_options& options,
               std::shared_ptr<turn_queue> proof_turns,
               std::shared_ptr<transaction_limit> limit);

  /// The session that serves this candidacy; started if need be.
  pooled session_for(const candidacy& how);
  /// How the sessions that the pool starts are made; a semaphore makes its own like them.
  session_plan plan_for(session_kind kind) const;
  /// Whether one of the pool's sessions has that id.
  bool has(const std::string& id) const noexcept;
  /// Empties the pool: the caller ends the sessions.
  std::vector<pooled> take_all();

 private:
  struct group {
    std::vector<pooled> sessions;
    std::size_t next = 0;
  };

  std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  spawn_function spawn_;
  const elections_options& options_;
  const std::shared_ptr<turn_queue> proof_turns_;
  const std::shared_ptr<transaction_limit> limit_;
  std::map<session_kind, group> groups_;
};

}  // namespace tenure::impl
