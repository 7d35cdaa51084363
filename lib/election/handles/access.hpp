// The door to what only the library makes: handles from what is behind them. For tests and the
// simulation, too.
#pragma once

#include <memory>
#include <tenure/agent_services.hpp>
#include <tenure/elections.hpp>
#include <utility>

namespace tenure::impl {

class access {
 public:
  static tenure::elections elections_of(std::shared_ptr<engine> engine) noexcept {
    return tenure::elections(std::move(engine));
  }
  static tenure::election election_of(std::shared_ptr<engine> engine,
                                      std::shared_ptr<participant> participant) noexcept {
    return tenure::election(std::move(engine), std::move(participant));
  }
  static tenure::group group_of(std::shared_ptr<group_core> core) noexcept {
    return tenure::group(std::move(core));
  }
  static tenure::semaphore semaphore_of(std::shared_ptr<slot_candidate> candidate) noexcept {
    return tenure::semaphore(std::move(candidate));
  }
  static tenure::observer observer_of(std::shared_ptr<leader_observer> state) noexcept {
    return tenure::observer(std::move(state));
  }
  static tenure::leader_settings settings_of(
      std::shared_ptr<leader_settings_store> store) noexcept {
    return tenure::leader_settings(std::move(store));
  }
  static tenure::kv kv_of(std::shared_ptr<context> shared) noexcept {
    return tenure::kv(std::move(shared));
  }
  /// With another clock and another network than this computer's.
  static std::shared_ptr<tenure::agent_services> services_of(
      std::shared_ptr<const runtime::environment> env, consul_config config) {
    return std::shared_ptr<tenure::agent_services>(
        new tenure::agent_services(std::move(env), std::move(config)));
  }
  static tenure::term term_of(std::shared_ptr<term_state> state) noexcept {
    return tenure::term(std::move(state));
  }
};

}  // namespace tenure::impl
