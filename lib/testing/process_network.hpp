// The network between one process and the agent, and the faults of both.
#pragma once

#include <cstdint>

#include "testing/handler_transport.hpp"
#include "testing/in_process_agent.hpp"

namespace tenure::testing {

/// See the functions of these names in tenure::testing::process.
class process_network {
 public:
  /// Decides the fate of every request of that transport.
  process_network(handler_transport& transport, in_process_agent& server);
  process_network(const process_network&) = delete;
  process_network& operator=(const process_network&) = delete;
  ~process_network();

  void cut_off() noexcept;
  void lose_answers() noexcept;
  void lose_watch_answers() noexcept;
  void reconnect() noexcept;
  void lose_next_write_answer() noexcept { lose_next_write_answer_ = true; }
  void refuse_writes() noexcept { writes_refused_ = true; }
  void allow_writes() noexcept { writes_refused_ = false; }
  /// For good: no request reaches the agent any more.
  void unplug() noexcept;

 private:
  enum class link : std::uint8_t { up, cut_off, answers_lost, watch_answers_lost, unplugged };
  void set(link to) noexcept;
  bool loses_response(runtime::lane where) const noexcept;
  fate decide(const runtime::http_request& request) noexcept;

  handler_transport& transport_;
  in_process_agent& server_;
  link link_ = link::up;
  bool lose_next_write_answer_ = false;
  bool writes_refused_ = false;
};

}  // namespace tenure::testing
