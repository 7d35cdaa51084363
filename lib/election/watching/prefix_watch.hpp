// Watches everything below one prefix, outside the watch plan, and delivers the whole list each
// time: for a semaphore or a group, which decide by all of their keys together.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <tenure/error.hpp>

#include "consul/client.hpp"
#include "election/watching/blocking_query.hpp"
#include "election/watching/poll_options.hpp"
#include "election/watching/poll_slots.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class prefix_watch final : private query_hooks {
 public:
  /// Is called on the engine's thread, and may pause the watch but not destroy it.
  class receiver {
   public:
    receiver() = default;
    receiver(const receiver&) = delete;
    receiver& operator=(const receiver&) = delete;

    /// An answer without an error, changed or not.
    virtual void on_list(const consul::kv_list& answer) = 0;
    /// An answer with an error; the watch tries again.
    virtual void on_list_error(const consul::kv_list& answer) = 0;

   protected:
    ~receiver() = default;
  };

  /// Takes a share of the poll lane for as long as it exists. The client, the slots and the
  /// receiver have to outlive it.
  prefix_watch(std::shared_ptr<const runtime::environment> env, consul::client& client,
               poll_slots& slots, poll_options polls, std::string prefix, receiver& to);
  ~prefix_watch();

  /// Watches until it is cancelled (terminal). The owner keeps the watch alive meanwhile.
  boost::asio::awaitable<void> run() { return query_.run(); }
  /// Asks no more after the present answer, until resume(), which begins with a plain list.
  void pause() noexcept { query_.pause(); }
  void resume() noexcept { query_.resume(); }
  /// Ends run() with the present answer.
  void retire() noexcept { query_.retire(); }

 private:
  std::string watched() const override { return prefix_; }
  boost::asio::awaitable<query_answer> list() override;
  duration longest_poll() const noexcept override { return polls_.wait; }
  storm_rule storm() const noexcept override {
    return {.allowed = polls_.quick_answers, .after_change = polls_.after_change};
  }
  boost::asio::awaitable<query_answer> poll(std::uint64_t index, duration wait) override;
  void on_query_error(const query_answer&) override {}  // the receiver has it already
  query_answer deliver(const consul::kv_list& answer);

  consul::client& client_;
  poll_slots& slots_;
  const poll_options polls_;
  const std::string prefix_;
  receiver& receiver_;
  blocking_query query_;
};

}  // namespace tenure::impl
