// The library spawns its background work in a task_scope, with these exceptions in lib/election:
// - leaving an election and shutting down, when a handle is destroyed, run detached: a scope that
//   shut_down() joins cannot contain shut_down() itself. They keep the engine alive until they are
//   done;
// - resign(), leave() and shut_down() await a coroutine that they co_spawn, so that the caller's
//   cancellation, which acts on a whole stack, does not interrupt the release of the key;
// - the body of a term is co_spawned on the executor that the user chose. The term awaits it.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <list>
#include <tenure/toolkit/task_scope.hpp>
#include <utility>
#include <vector>

#include "runtime/wait_list.hpp"

namespace tenure::runtime {
namespace {

namespace asio = boost::asio;

bool is_cancellation(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

class task_scope::state : public std::enable_shared_from_this<state> {
 public:
  state(asio::any_io_executor executor, timers& timers,
        std::function<void(std::exception_ptr)> failed)
      : executor_(std::move(executor)),
        joiners_(std::make_shared<wait_list>(timers)),
        failed_(std::move(failed)) {}

  // By a post: on the executor's thread, co_spawn alone would start the task inside this call.
  void spawn(asio::awaitable<void> task) {
    tasks_.push_back(std::make_shared<asio::cancellation_signal>());
    const auto entry = std::prev(tasks_.end());
    asio::post(executor_, [self = shared_from_this(), entry, task = std::move(task)]() mutable {
      self->start(entry, std::move(task));
    });
  }

  void cancel() {
    cancelled_ = true;
    // A copy that lives until everything queued so far has run: outside of the executor's thread
    // co_spawn forwards an emission by a raw pointer to the signal, and the task may end first.
    std::vector<std::shared_ptr<asio::cancellation_signal>> signals(tasks_.begin(), tasks_.end());
    for (const auto& signal : signals) signal->emit(asio::cancellation_type::terminal);
    asio::post(executor_, [signals = std::move(signals)] {});
  }

  std::size_t size() const noexcept { return tasks_.size(); }

  // Looks for tasks when it is awaited, not when it is called, and awaits only once: in a cancelled
  // caller a second co_await would throw.
  static asio::awaitable<void> join(std::shared_ptr<state> self) {
    if (!self->tasks_.empty())
      co_await wait_in(self->joiners_, time_point::max(), on_cancel::ignore);
  }

 private:
  using task_entry = std::list<std::shared_ptr<asio::cancellation_signal>>::iterator;

  void start(task_entry entry, asio::awaitable<void> task) {
    const auto signal = *entry;
    asio::co_spawn(executor_, std::move(task),
                   asio::bind_cancellation_slot(
                       signal->slot(), [self = shared_from_this(), entry](std::exception_ptr e) {
                         self->ended(entry, std::move(e));
                       }));
    if (cancelled_) signal->emit(asio::cancellation_type::terminal);
  }

  void ended(task_entry entry, std::exception_ptr thrown) {
    if (thrown && failed_ && !is_cancellation(thrown)) failed_(std::move(thrown));
    // The signal may be emitting further up this call stack: destroy it in a later turn.
    asio::post(executor_, [signal = std::move(*entry)] {});
    tasks_.erase(entry);
    if (tasks_.empty()) joiners_->notify_all();
  }

  asio::any_io_executor executor_;
  std::shared_ptr<wait_list> joiners_;
  std::function<void(std::exception_ptr)> failed_;
  std::list<std::shared_ptr<asio::cancellation_signal>> tasks_;  // in the order of spawning
  bool cancelled_ = false;
};

task_scope::task_scope(asio::any_io_executor executor, timers& timers,
                       std::function<void(std::exception_ptr)> failed)
    : state_(std::make_shared<state>(std::move(executor), timers, std::move(failed))) {}

task_scope::~task_scope() = default;

void task_scope::spawn(asio::awaitable<void> task) { state_->spawn(std::move(task)); }
void task_scope::cancel() { state_->cancel(); }
std::size_t task_scope::size() const noexcept { return state_->size(); }
asio::awaitable<void> task_scope::join() { return state::join(state_); }

}  // namespace tenure::runtime
