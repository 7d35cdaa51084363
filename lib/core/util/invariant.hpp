// Assertions of what must hold at every transition of a state machine, on in release builds too. A
// process that cannot trust its state must not lead: a failed one names the state on standard error
// and aborts. Consul then ends the session, and successors wait for the lease as after a crash.
//
// They are about this process alone. What Consul answers may be anything, and is never asserted.
#pragma once

#include <concepts>
#include <source_location>
#include <string>

namespace tenure::core {

/// `state`: what the assertion is about, by the key and the state of its state machine.
[[noreturn, gnu::cold]] void invariant_failed(const char* what, const std::string& state,
                                              const std::source_location& where) noexcept;

/// `state` makes that text, and is called only if the assertion fails.
template <std::invocable State>
void must(bool holds, const char* what, const State& state,
          const std::source_location& where = std::source_location::current()) noexcept {
  if (!holds) [[unlikely]]
    invariant_failed(what, state(), where);
}

}  // namespace tenure::core
