#include "support/agent_thread.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <utility>

#include "runtime/environment.hpp"

namespace tenure::test {
namespace {

runtime::environment machine_services(boost::asio::io_context& io) {
  runtime::environment services;
  services.executor = io.get_executor();
  services.clock = runtime::system_boot_clock();
  services.timers = runtime::system_timers(io.get_executor());
  services.random = runtime::system_random();
  services.log = silent_log();
  return services;
}

/// The hosts of the requests that tests write by hand.
agent::server_options with_test_hosts(agent::server_options options) {
  options.access.hosts = {"x", "y", "host"};
  return options;
}

}  // namespace

agent_thread::agent_thread(agent::server_options options, const std::string& unix_address)
    : server_(std::make_unique<agent::server>(machine_services(io_),
                                              with_test_hosts(std::move(options)))) {
  server_->listen("127.0.0.1:0");
  if (!unix_address.empty()) server_->listen(unix_address);
  address_ = server_->address();
  thread_ = std::thread([this] { io_.run(); });
}

agent_thread::~agent_thread() {
  if (thread_.joinable()) {
    boost::asio::post(io_, [this] { io_.stop(); });
    thread_.join();
  }
  server_.reset();
}

template <class Ask>
auto agent_thread::on_thread(Ask ask) {
  std::packaged_task<decltype(ask(*server_))()> task([&] { return ask(*server_); });
  auto result = task.get_future();
  boost::asio::post(io_, [&task] { task(); });
  return result.get();
}

void agent_thread::stop() {
  boost::asio::post(io_, [this] { server_->stop(); });
  thread_.join();  // nothing is left to do when the last connection is closed
}

std::size_t agent_thread::parked() {
  return on_thread([](agent::server& server) { return server.parked(); });
}

std::size_t agent_thread::connections() {
  return on_thread([](agent::server& server) { return server.connections(); });
}

}  // namespace tenure::test
