// One election of a sidecar: it stands, has its faces follow, and runs what they do while it leads.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/task_scope.hpp"
#include "runtime/timers.hpp"
#include "sidecar/face.hpp"

namespace tenure::sidecar {

/// On the thread of the io_context. To end it: give_up(), undo().
class contender final : public standing_election {
 public:
  /// `failed` is told of what a face throws.
  contender(boost::asio::any_io_executor executor, runtime::timers& timers, std::string name,
            election handle, std::function<void(std::exception_ptr)> failed);
  contender(const contender&) = delete;
  contender& operator=(const contender&) = delete;

  /// Before begin().
  void add(std::shared_ptr<face> f) { faces_.push_back(std::move(f)); }
  /// Starts the faces, and stands.
  void begin();
  /// A newer state of this election.
  void take(const event& e);

  /// Stands no more, ends what the faces do as leader, and gives the key back.
  void ask_to_give_up();
  boost::asio::awaitable<void> given_up();
  /// Ends the faces' run(), which undo what must not stay.
  void ask_to_undo();
  boost::asio::awaitable<void> undone();

  const std::string& name() const noexcept override { return status_.name; }
  election& handle() noexcept override { return handle_; }
  const status& now() const noexcept override { return status_; }
  void set_healthy(bool healthy) override { handle_.set_healthy(healthy); }

 private:
  boost::asio::awaitable<void> serve(term t);
  boost::asio::awaitable<void> wait_for_stop(term t);

  boost::asio::any_io_executor executor_;
  runtime::timers& timers_;
  std::function<void(std::exception_ptr)> failed_;
  election handle_;
  status status_;
  std::vector<std::shared_ptr<face>> faces_;
  runtime::task_scope terms_;  ///< at most one at a time
  runtime::task_scope runs_;
  term serving_;
  boost::asio::cancellation_signal stop_;
  bool giving_up_ = false;
};

}  // namespace tenure::sidecar
