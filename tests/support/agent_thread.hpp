// The embedded agent on a thread of this process, for tests that speak to it over sockets.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <thread>

#include "agent/server.hpp"

namespace tenure::test {

class agent_thread {
 public:
  /// On a free port of 127.0.0.1, and on `unix_address` where one is given.
  explicit agent_thread(agent::server_options options = {}, const std::string& unix_address = {});
  agent_thread(const agent_thread&) = delete;
  agent_thread& operator=(const agent_thread&) = delete;
  /// As a crash: connections are cut, nothing is kept.
  ~agent_thread();

  const std::string& address() const noexcept { return address_; }
  /// A clean stop; returns when the last connection is closed.
  void stop();
  std::size_t parked();
  std::size_t connections();

 private:
  template <class Ask>
  auto on_thread(Ask ask);

  boost::asio::io_context io_{1};
  std::unique_ptr<agent::server> server_;
  std::string address_;
  std::thread thread_;
};

}  // namespace tenure::test
