// The body of election::lead or semaphore::hold: runs while a term lasts; the release waits for it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <tenure/end_reason.hpp>
#include <tenure/term.hpp>

#include "election/term/term_state.hpp"

namespace tenure::impl {

/// What a user gives to lead() or hold().
using body_function = std::function<boost::asio::awaitable<void>(term)>;

/// What a body needs of the host of its term.
class body_host {
 public:
  virtual ~body_host() = default;
  /// Whether the holder of that term has to stop its work.
  virtual bool must_stop(const std::shared_ptr<term_state>& which) const noexcept = 0;
  virtual boost::asio::awaitable<end_reason> resign(std::shared_ptr<term_state> which) = 0;
};

/// A member of a term's host. One body runs at a time. Belongs to the thread of the io_context.
class body_runner {
 public:
  /// Whether a body runs, so that its return says when the work has stopped.
  bool at_work() const noexcept { return running_ != nullptr; }

  /// Cancels the body (terminal), because its term ends.
  void stop();

  /// Runs `body` for the term `t` of `owner`, of which this is a member, unless the term has to
  /// stop already or its stop_at() has passed. When the body has returned and what it captured is
  /// gone, resigns the term; returns why it ended. Cancellation (terminal) stops the body and
  /// nothing else; operation_aborted is thrown at the end. Throws what the body threw, except the
  /// operation_aborted of a body that had to stop.
  boost::asio::awaitable<end_reason> run(boost::asio::any_io_executor executor,
                                         std::shared_ptr<body_host> owner,
                                         std::shared_ptr<term_state> t, body_function body);

 private:
  class running_body;

  static boost::asio::awaitable<void> begin(boost::asio::any_io_executor executor,
                                            std::shared_ptr<body_host> owner,
                                            std::shared_ptr<running_body> b);
  boost::asio::awaitable<void> supervise(boost::asio::any_io_executor executor,
                                         std::shared_ptr<body_host> owner,
                                         std::shared_ptr<running_body> b);

  std::shared_ptr<running_body> running_;
};

}  // namespace tenure::impl
