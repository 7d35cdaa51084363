#include "testing/world_state.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "runtime/next_turn.hpp"

namespace tenure::testing {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// How long what is cancelled at the end of a test may take, in virtual time.
constexpr duration patience_at_end = 1h;

// A cancellation before its first turn would escape from the loop in Boost 1.81: see next_turn.
asio::awaitable<void> from_next_turn(asio::any_io_executor executor,
                                     asio::awaitable<void> coroutine) {
  co_await runtime::next_turn(executor);
  co_await std::move(coroutine);
}

/// What to record about a coroutine's end; empty if that is nothing unusual.
std::string failure(const std::exception_ptr& thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    if (error.code() != asio::error::operation_aborted) return error.what();
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
  return {};
}

void complain(const char* what) {
  std::fprintf(stderr, "tenure::testing: at the end of a world: %s\n", what);
}

}  // namespace

class world_state::moving_guard {
 public:
  explicit moving_guard(world_state& world) : world_(world) {
    if (world_.moving_) {
      throw std::logic_error(
          "a coroutine of the world cannot run the world: await, or call this in the test itself");
    }
    world_.moving_ = true;
  }
  moving_guard(const moving_guard&) = delete;
  moving_guard& operator=(const moving_guard&) = delete;
  ~moving_guard() { world_.moving_ = false; }

 private:
  world_state& world_;
};

world_state::world_state(std::uint64_t seed)
    : runtime(seed),
      agent(runtime),
      record(std::make_shared<log_record>(runtime.environment()->clock)) {}

process& world_state::add_process(elections_options options, consul_config config) {
  auto all = std::make_unique<process::state>(*this, "p" + std::to_string(processes_.size() + 1),
                                              std::move(options), std::move(config));
  processes_.push_back(std::unique_ptr<process>(new process(std::move(all))));
  return *processes_.back();
}

std::shared_ptr<task_state> world_state::start(manual_loop& loop, std::string where,
                                               asio::awaitable<void> coroutine) {
  auto task = std::make_shared<task_state>(weak_from_this(), loop, std::move(where));
  std::erase_if(tasks_, [](const auto& weak) { return weak.expired(); });
  tasks_.push_back(task);
  auto ended = [task, record = record](std::exception_ptr thrown) {
    if (const std::string what = failure(thrown); !what.empty())
      record->add(task->where, "coroutine ended: " + what);
    task->thrown = std::move(thrown);
    task->done = true;
  };
  asio::co_spawn(loop.executor(), from_next_turn(loop.executor(), std::move(coroutine)),
                 asio::bind_cancellation_slot(task->cancel.slot(), std::move(ended)));
  return task;
}

void world_state::run_until_idle() {
  const moving_guard moving(*this);
  runtime.run_until_idle();
}

void world_state::run_for(duration d) {
  const moving_guard moving(*this);
  runtime.advance(d);
}

bool world_state::run_until(const std::function<bool()>& done, duration patience) {
  const moving_guard moving(*this);
  return runtime.run_until(done, patience);
}

// -- the end -------------------------------------------------------------------------------------

void world_state::cancel_tasks() {
  std::vector<std::shared_ptr<task_state>> left;
  for (const auto& weak : tasks_) {
    auto task = weak.lock();
    if (task && !task->done) left.push_back(std::move(task));
  }
  for (const auto& task : left) task->cancel.emit(asio::cancellation_type::terminal);
  const auto all_done = [&] {
    return std::all_of(left.begin(), left.end(), [](const auto& task) { return task->done; });
  };
  if (!run_until(all_done, patience_at_end))
    complain("a coroutine has not ended, although it was cancelled");
}

void world_state::shut_processes_down() {
  std::vector<std::shared_ptr<task_state>> all;
  for (const auto& one : processes_) {
    simulated_process& it = one->state_->simulated;
    all.push_back(start(it.loop, one->state_->name, it.elections->shut_down()));
  }
  const auto all_done = [&] {
    return std::all_of(all.begin(), all.end(), [](const auto& task) { return task->done; });
  };
  if (!run_until(all_done, patience_at_end)) complain("a process has not shut down");
}

void world_state::end() noexcept {
  try {
    agent.start();
    for (const auto& one : processes_) {
      one->state_->network.reconnect();
      one->state_->network.allow_writes();
      one->state_->simulated.loop.resume();
    }
    cancel_tasks();
    shut_processes_down();
  } catch (const std::exception& error) {
    complain(error.what());
  }
}

}  // namespace tenure::testing
