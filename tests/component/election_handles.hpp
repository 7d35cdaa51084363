// All handles of one process, and how an operation of any kind ends: for the tests of handles.
#pragma once

#include <boost/asio/bind_executor.hpp>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include "election_fixture.hpp"

namespace tenure::test::every_handle {

inline const std::string key = "service/a/leader";
inline const std::string prefix = "pool/c";

inline candidacy quick() { return candidacy("me").span(5s).ttl(10s).lock_delay(0s); }

/// How an operation ends within a minute; nothing while it still waits.
template <class T>
std::optional<error_code> end_of(election_fixture& b, asio::awaitable<T> task) {
  if constexpr (std::is_void_v<T>) {
    return end_of<bool>(b, truly(std::move(task)));
  } else {
    running<T> r(b.rt, std::move(task));
    b.rt.advance(60s);
    if (!r.done()) return std::nullopt;
    return r.error();
  }
}

inline error_code code_of(const error_code& code) { return code; }
inline error_code code_of(const std::exception_ptr& thrown) {
  return thrown ? impl::code_of(thrown) : error_code();
}

/// The same for an operation with a completion token. Never completes inside its initiation.
template <class Operation>
std::optional<error_code> async_end_of(election_fixture& b, Operation operation) {
  const auto ended = std::make_shared<std::optional<error_code>>();
  std::move(operation)(asio::bind_executor(
      b.rt.executor(), [ended](auto first, auto...) { *ended = code_of(first); }));
  CHECK_FALSE(ended->has_value());
  b.rt.advance(60s);
  return *ended;
}

inline asio::awaitable<void> body(term) { co_return; }

inline error_code thrown_by(const std::function<void()>& call) {
  try {
    call();
  } catch (const boost::system::system_error& e) {
    return e.code();
  }
  return {};
}

/// All handles of one process, an election that leads and a slot that is held among them.
class handles {
 public:
  explicit handles(election_fixture& b)
      : p(b.add()),
        leading(p.elections->enter(key, quick())),
        holding(p.elections->contend(prefix, 2, quick())),
        waiting(p.elections->contend(prefix, 1, quick())),
        watching(p.elections->observe(key)),
        reading(p.elections->settings_in(leader_settings::key_for(key))) {
    term_of_election = b.lead(*leading);
    running<term> slot(b.rt, holding->acquire());
    b.rt.run_until([&] { return slot.done(); });
    term_of_slot = slot.value();
    REQUIRE(b.rt.run(watching->next()).present());
    REQUIRE(b.rt.run(reading->next()).values.empty());
  }

  process& p;
  std::optional<election> leading;
  std::optional<semaphore> holding;
  std::optional<semaphore> waiting;
  std::optional<observer> watching;
  std::optional<leader_settings> reading;
  term term_of_election;
  term term_of_slot;
};

}  // namespace tenure::test::every_handle
