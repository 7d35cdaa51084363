#include <tenure/semaphore.hpp>
#include <utility>

#include "election/handles/empty_handle.hpp"
#include "election/semaphore/slot_candidate.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure {

namespace asio = boost::asio;

semaphore::semaphore(std::shared_ptr<impl::slot_candidate> slot_candidate) noexcept
    : slot_candidate_(std::move(slot_candidate)) {}
semaphore::semaphore(semaphore&&) noexcept = default;

semaphore& semaphore::operator=(semaphore&& other) noexcept {
  if (this != &other) {
    if (slot_candidate_) slot_candidate_->leave_in_background();
    slot_candidate_ = std::move(other.slot_candidate_);
  }
  return *this;
}

semaphore::~semaphore() {
  if (slot_candidate_) slot_candidate_->leave_in_background();
}

asio::any_io_executor semaphore::get_executor() const noexcept {
  return slot_candidate_ ? slot_candidate_->executor() : asio::any_io_executor();
}

const std::string& semaphore::prefix() const noexcept {
  return slot_candidate_ ? slot_candidate_->prefix() : impl::no_text;
}

std::size_t semaphore::slots() const noexcept {
  return slot_candidate_ ? slot_candidate_->limit() : 0;
}

asio::awaitable<term> semaphore::acquire() {
  if (!slot_candidate_) return impl::refused<term>();
  return runtime::keep_alive(slot_candidate_->acquire(), slot_candidate_);
}

asio::awaitable<end_reason> semaphore::hold_with(std::function<asio::awaitable<void>(term)> body) {
  if (!slot_candidate_) return impl::refused<end_reason>();
  return runtime::keep_alive(slot_candidate_->hold(std::move(body)), slot_candidate_);
}

term semaphore::current() const noexcept {
  return slot_candidate_ ? slot_candidate_->current() : term();
}

standing semaphore::standing() const noexcept {
  return slot_candidate_ ? slot_candidate_->standing() : standing::watching;
}

std::size_t semaphore::occupied() const noexcept {
  return slot_candidate_ ? slot_candidate_->occupied() : 0;
}

error_code semaphore::last_error() const noexcept {
  return slot_candidate_ ? slot_candidate_->last_error() : error_code();
}

asio::awaitable<void> semaphore::leave() {
  if (!slot_candidate_) return impl::nothing();
  return runtime::keep_alive(slot_candidate_->leave(), slot_candidate_);
}

}  // namespace tenure
