// A contender that does not use tenure, but the protocol of Lock in Consul's Go client: it polls
// the key, acquires as soon as the key is free, with the Lock's flags and its value, and releases
// by PUT ?release.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "sim/host.hpp"
#include "sim/link.hpp"
#include "sim/process.hpp"

namespace tenure::sim {

class foreign_contender : public std::enable_shared_from_this<foreign_contender> {
 public:
  foreign_contender(run_context& context, std::size_t number);

  void start();
  /// Releases its key and ends.
  void stop() noexcept { stopping_ = true; }
  bool stopped() const noexcept { return stopped_; }

 private:
  /// The body of the request that creates its next session.
  std::string draw_session();
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> contend(std::string session);
  boost::asio::awaitable<bool> wait_free(std::string key);
  boost::asio::awaitable<runtime::exchange_result> ask(runtime::lane where, std::string method,
                                                       std::string target, std::string body);

  run_context& context_;
  host host_;
  std::shared_ptr<sim::link> link_;
  std::string value_;
  bool dies_ = false;  ///< its session dies while it holds a key, and deletes that
  bool stopping_ = false;
  bool stopped_ = false;
};

}  // namespace tenure::sim
