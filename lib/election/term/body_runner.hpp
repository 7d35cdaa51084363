// A body of election::lead or semaphore::hold: it runs while a term lasts; the key waits for it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <tenure/end_reason.hpp>
#include <tenure/term.hpp>

#include "election/term/term_state.hpp"

namespace tenure::impl {

class term_host;

/// What a user gives to lead() or hold().
using body_function = std::function<boost::asio::awaitable<void>(term)>;

/// A member of a term's owner, for its bodies, of which one is at work at a time. Belongs to the
/// thread of the io_context.
class body_runner {
 public:
  /// Whether there is a body, which says when the work has stopped.
  bool at_work() const noexcept { return running_ != nullptr; }

  /// Cancels the body (terminal), because its term ends.
  void stop();

  /// Runs `body` for the term `t` of `owner`, of which this is a member, unless the term is told to
  /// stop already, or its time is over. When the body has returned and what it captured is gone,
  /// the term is resigned; returns why it ended. Cancellation (terminal) stops the body and nothing
  /// else; in the end operation_aborted is thrown. Throws what the body threw, but for the
  /// operation_aborted of a body that was told to stop.
  boost::asio::awaitable<end_reason> run(boost::asio::any_io_executor executor,
                                         std::shared_ptr<term_host> owner,
                                         std::shared_ptr<term_state> t, body_function body);

 private:
  class running_body;

  static boost::asio::awaitable<void> begin(boost::asio::any_io_executor executor,
                                            std::shared_ptr<term_host> owner,
                                            std::shared_ptr<running_body> b);
  boost::asio::awaitable<void> supervise(boost::asio::any_io_executor executor,
                                         std::shared_ptr<term_host> owner,
                                         std::shared_ptr<running_body> b);

  std::shared_ptr<running_body> running_;
};

}  // namespace tenure::impl
