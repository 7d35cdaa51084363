// Tenants that come and go while the scheduler runs.
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <tenure/sharded_key.hpp>
#include <tenure/toolkit/no_throw.hpp>

#include "common/log/line_writer.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/tenant_command.hpp"

namespace scheduler {

namespace apps = tenure::apps;
using tenure::no_throw;
namespace asio = boost::asio;

namespace {

std::string name_of(std::size_t tenant) { return "tenant-" + std::to_string(tenant); }

}  // namespace

tenure::election scheduler::enter(const std::string& key) {
  return group_ ? group_->enter(key) : elections_.enter(key, profile_);
}

void scheduler::enter_tenant(std::size_t tenant) {
  std::vector<std::string>& keys = tenants_[tenant];
  for (std::size_t s = 1; s <= settings_.shards_per_tenant; ++s) {
    // sharded_key() spreads the keys over folders: a few dozen queries can watch thousands.
    const std::string key =
        tenure::sharded_key(settings_.prefix, name_of(tenant) + "/shard-" + std::to_string(s));
    const auto made = std::make_shared<shard>(enter(key), io_);
    shards_.emplace(key, made);
    keys.push_back(key);
    made->election.stand();
  }
}

// leave() counts the work as stopped. So the term is resigned first, when its last step is over.
asio::awaitable<void> scheduler::leave_shard(std::string key, shard_ptr which) {
  which->election.withdraw();
  which->leaves = true;
  which->pause.cancel();
  while (which->worked) co_await state_changed_.async_wait(no_throw);
  co_await which->election.leave();
  shards_.erase(key);
  state_changed_.cancel();
}

asio::awaitable<void> scheduler::leave_tenant(std::size_t tenant) {
  const std::vector<std::string> keys = tenants_.at(tenant);
  for (const std::string& key : keys) {
    asio::co_spawn(io_, leave_shard(key, shards_.at(key)), asio::detached);
  }
  bool left = false;
  while (!left && !stopping_) {
    left = true;
    for (const std::string& key : keys) left = left && !shards_.contains(key);
    if (!left) co_await state_changed_.async_wait(no_throw);
  }
  if (!left) co_return;
  tenants_.erase(tenant);
  apps::print_output("%s left %s\n", settings_.name.c_str(), name_of(tenant).c_str());
}

void scheduler::execute(const std::string& line) {
  const tenant_command read = parse_tenant_command(line);
  const std::string tenant = name_of(read.tenant);
  const bool entered = tenants_.contains(read.tenant);
  switch (read.what) {
    case tenant_command::kind::enter:
      if (entered) break;
      enter_tenant(read.tenant);
      apps::print_output("%s entered %s\n", settings_.name.c_str(), tenant.c_str());
      return;
    case tenant_command::kind::leave: {
      if (!entered) break;
      const std::string& first = tenants_.at(read.tenant).front();
      if (shards_.at(first)->leaves) return;
      asio::co_spawn(io_, leave_tenant(read.tenant), asio::detached);
      return;
    }
    case tenant_command::kind::unknown:
      apps::print_error("scheduler: '%s' is not a command: enter TENANT or leave TENANT\n",
                   line.c_str());
      return;
  }
  apps::print_error("scheduler: %s is %s\n", tenant.c_str(),
               entered ? "entered already" : "not entered");
}

// Until the end of the input. The process goes on without it.
asio::awaitable<void> scheduler::read_commands() {
  boost::system::error_code failed;
  commands_.assign(::dup(STDIN_FILENO), failed);
  std::string text;
  while (!failed && !stopping_) {
    const auto [error, length] =
        co_await asio::async_read_until(commands_, asio::dynamic_buffer(text), '\n', no_throw);
    failed = error;
    if (failed || stopping_) co_return;
    const std::string line = text.substr(0, length - 1);
    text.erase(0, length);
    execute(line);
  }
}

}  // namespace scheduler
