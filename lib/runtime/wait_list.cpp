#include "runtime/wait_list.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "runtime/ensure.hpp"

namespace tenure::runtime {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

void fired(timer& t) noexcept { static_cast<wait_operation&>(t).complete(wake::deadline); }

error_code error_of(wake why) noexcept {
  if (why == wake::cancelled) return asio::error::operation_aborted;
  return {};
}

// The handler in the cancellation slot. It may be called more than once, and after the operation
// has completed.
class canceller {
 public:
  explicit canceller(wait_operation& op) noexcept : op_(&op) {}
  void operator()(asio::cancellation_type type) noexcept {
    if (type == asio::cancellation_type::none) return;
    if (wait_operation* op = std::exchange(op_, nullptr))
      op->complete(wake::cancelled);
  }

 private:
  wait_operation* op_;
};

// `Completion` posts the handler by its signature: void(error_code, bool) or void(error_code).
template <class Handler, class Completion>
class waiting final : public wait_operation {
 public:
  waiting(timers& timers, wait_list* list, Handler handler)
      : wait_operation(timers, list), handler_(std::move(handler)) {}

  void install_cancellation() {
    // Taken from the handler after it was moved here: a slot taken before may be stale.
    auto slot = asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected()) slot.template emplace<canceller>(*this);
  }

 private:
  void post_completion(wake why) noexcept override {
    if (why != wake::cancelled) {
      auto slot = asio::get_associated_cancellation_slot(handler_);
      if (slot.is_connected()) slot.clear();
    }
    Completion::post(std::move(handler_), why);
  }

  Handler handler_;
};

class wait_completion {
 public:
  template <class Handler>
  static void post(Handler handler, wake why) {
    asio::post(asio::append(std::move(handler), error_of(why), why == wake::notified));
  }
};

class sleep_completion {
 public:
  template <class Handler>
  static void post(Handler handler, wake why) {
    asio::post(asio::append(std::move(handler), error_of(why)));
  }
};

class start_wait {
 public:
  template <class Handler>
  void operator()(Handler handler, std::shared_ptr<wait_list> list, time_point deadline,
                  on_cancel cancelled) const {
    auto* op = new waiting<Handler, wait_completion>(list->timer_service(), list.get(),
                                                     std::move(handler));
    if (list->closed()) return op->complete(wake::notified);
    if (cancelled == on_cancel::abort) op->install_cancellation();
    op->start(deadline);
  }
};

class start_sleep {
 public:
  template <class Handler>
  void operator()(Handler handler, timers* timers, time_point at) const {
    auto* op = new waiting<Handler, sleep_completion>(*timers, nullptr, std::move(handler));
    op->install_cancellation();
    op->start(at);
  }
};

}  // namespace

wait_operation::wait_operation(timers& timers, wait_list* list) noexcept
    : timer(&fired), timers_(&timers), list_(list) {}

void wait_operation::start(time_point deadline) {
  if (list_ != nullptr) list_->link(*this);
  if (deadline != time_point::max()) timers_->arm(*this, deadline);
}

void wait_operation::complete(wake why) noexcept {
  timers_->disarm(*this);
  if (list_ != nullptr) list_->unlink(*this);
  post_completion(why);
  delete this;
}

void wait_list::link(wait_operation& op) noexcept {
  op.previous_ = last_;
  (last_ != nullptr ? last_->next_ : first_) = &op;
  last_ = &op;
}

void wait_list::unlink(wait_operation& op) noexcept {
  if (op.previous_ == nullptr && first_ != &op) return;  // never linked
  (op.previous_ != nullptr ? op.previous_->next_ : first_) = op.next_;
  (op.next_ != nullptr ? op.next_->previous_ : last_) = op.previous_;
  op.previous_ = op.next_ = nullptr;
}

bool wait_list::notify_one() noexcept {
  if (first_ == nullptr) return false;
  first_->complete(wake::notified);
  return true;
}

void wait_list::notify_all() noexcept {
  while (notify_one()) {
  }
}

void wait_list::close() noexcept {
  closed_ = true;
  notify_all();
}

asio::awaitable<bool> wait_in(std::shared_ptr<wait_list> list, time_point deadline,
                              on_cancel cancelled) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(error_code, bool)>(
      start_wait(), asio::use_awaitable, std::move(list), deadline, cancelled);
}

asio::awaitable<void> sleep_until(timers& timers, time_point at) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(
      start_sleep(), asio::use_awaitable, &timers, at);
}

}  // namespace tenure::runtime
