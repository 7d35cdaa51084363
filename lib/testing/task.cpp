#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <tenure/testing/task.hpp>
#include <utility>

#include "testing/world_state.hpp"

namespace tenure::testing {
namespace {

using namespace std::chrono_literals;

constexpr duration patience = 1h;

// In the coroutine's loop, where it takes effect at once: co_spawn would post a pointer into the
// signal, which may be gone before the loop runs.
void cancel_task(const std::shared_ptr<task_state>& task) {
  if (task->done) return;
  boost::asio::post(task->loop.executor(), [task] {
    if (!task->done) task->cancel.emit(boost::asio::cancellation_type::terminal);
  });
}

// For a destructor: the coroutine uses what its owner destroys next.
void end(const std::shared_ptr<task_state>& state) noexcept {
  task_state& task = *state;
  const auto world = task.world.lock();
  if (task.done || !world) return;
  try {
    task.loop.resume();
    cancel_task(state);
    if (world->moving()) return;  // a coroutine destroys it: it ends when the world runs on
    if (!world->run_until([&] { return task.done; }, patience)) {
      std::fprintf(stderr, "tenure::testing: a task of %s was destroyed, and its coroutine has not "
                           "ended, although it was cancelled\n", task.where.c_str());
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tenure::testing: while a task ended: %s\n", error.what());
  }
}

}  // namespace

task_base::task_base(std::shared_ptr<task_state> state) noexcept : state_(std::move(state)) {}
task_base::task_base(task_base&&) noexcept = default;

task_base& task_base::operator=(task_base&& other) noexcept {
  if (this != &other) {
    if (state_) end(state_);
    state_ = std::move(other.state_);
  }
  return *this;
}

task_base::~task_base() {
  if (state_) end(state_);
}

bool task_base::done() const noexcept { return state_->done; }

void task_base::cancel() { cancel_task(state_); }

error_code task_base::error() const {
  try {
    if (state_->thrown) std::rethrow_exception(state_->thrown);
  } catch (const boost::system::system_error& error) {
    return error.code();
  } catch (...) {
  }
  return {};
}

void task_base::run_to_end() {
  const auto world = state_->world.lock();
  const bool ended =
      state_->done || (world && world->run_until([&] { return state_->done; }, patience));
  if (!ended) {
    throw std::runtime_error("a coroutine of " + state_->where +
                             " has not ended within an hour of virtual time, or nothing can wake "
                             "it any more: world::log() has what happened");
  }
  if (state_->thrown) std::rethrow_exception(state_->thrown);
}

}  // namespace tenure::testing
