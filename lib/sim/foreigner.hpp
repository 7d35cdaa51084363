// A contender that is not tenure: it does what the Lock of Consul's own Go client does. It polls
// the key, acquires as soon as that is free, publishes its value with the Lock's flags, and
// releases by PUT ?release.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "sim/link.hpp"
#include "sim/machine.hpp"
#include "sim/member.hpp"

namespace tenure::sim {

class foreigner : public std::enable_shared_from_this<foreigner> {
 public:
  foreigner(surroundings& around, std::size_t number);

  void start();
  /// Lets go of what it holds, and goes.
  void stop() noexcept { stopping_ = true; }
  bool stopped() const noexcept { return stopped_; }

 private:
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> contend(std::string session);
  boost::asio::awaitable<bool> wait_free(std::string key);
  boost::asio::awaitable<runtime::exchange_result> ask(runtime::lane where, std::string method,
                                                       std::string target, std::string body);

  surroundings& around_;
  machine machine_;
  std::shared_ptr<sim::link> link_;
  std::string value_;
  bool stopping_ = false;
  bool stopped_ = false;
};

}  // namespace tenure::sim
