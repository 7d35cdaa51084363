// Whoever is behind a term: an election's record, or a slot of a semaphore.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/end_reason.hpp>
#include <tenure/term.hpp>

namespace tenure::impl {

class term_state;

/// What a term's handle asks of it; see tenure::term for what each means. Held weakly by the state.
class term_host {
 public:
  virtual ~term_host() = default;
  virtual boost::asio::awaitable<void> wait_stop(std::shared_ptr<term_state> which) = 0;
  virtual boost::asio::awaitable<end_reason> wait_end(std::shared_ptr<term_state> which) = 0;
  virtual boost::asio::awaitable<end_reason> resign(std::shared_ptr<term_state> which) = 0;
  virtual boost::asio::awaitable<void> proclaim(std::shared_ptr<term_state> which,
                                                std::string value) = 0;
  virtual boost::asio::awaitable<void> write(std::shared_ptr<term_state> which,
                                             leader_writes writes) = 0;
  virtual boost::asio::awaitable<bool> prove(std::shared_ptr<term_state> which) = 0;
};

}  // namespace tenure::impl
