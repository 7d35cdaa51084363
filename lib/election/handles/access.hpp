// The door to what only the library makes: handles from what is behind them. For tests and the
// simulation, too.
#pragma once

#include <memory>
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
  static tenure::term term_of(std::shared_ptr<term_state> state) noexcept {
    return tenure::term(std::move(state));
  }
};

}  // namespace tenure::impl
