#include <tenure/election.hpp>
#include <utility>

#include "election/engine.hpp"
#include "election/handles/empty_handle.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure {

namespace asio = boost::asio;

election::election(std::shared_ptr<impl::engine> engine,
                   std::shared_ptr<impl::participant> participant) noexcept
    : engine_(std::move(engine)), participant_(std::move(participant)) {}
election::election(election&&) noexcept = default;

election& election::operator=(election&& other) noexcept {
  if (this != &other) {
    if (participant_) engine_->leave_in_background(std::move(participant_));
    engine_ = std::move(other.engine_);
    participant_ = std::move(other.participant_);
  }
  return *this;
}

election::~election() {
  if (participant_) engine_->leave_in_background(std::move(participant_));
}

asio::any_io_executor election::get_executor() const noexcept {
  return engine_ ? engine_->shared()->env->executor : asio::any_io_executor();
}

const std::string& election::key() const noexcept {
  return participant_ ? participant_->key() : impl::no_text;
}

asio::awaitable<term> election::campaign() {
  if (!participant_) return impl::refused<term>();
  return runtime::keep_alive(participant_->campaign(), participant_);
}

asio::awaitable<end_reason> election::lead_with(std::function<asio::awaitable<void>(term)> body) {
  if (!participant_) return impl::refused<end_reason>();
  return runtime::keep_alive(participant_->lead(std::move(body)), participant_);
}

void election::stand() {
  if (!participant_) impl::fail(errc::shut_down, impl::empty_handle);
  participant_->stand();
}

void election::withdraw() {
  if (participant_) participant_->withdraw();
}

void election::set_healthy(bool healthy) {
  if (participant_) participant_->set_healthy(healthy);
}

term election::current() const noexcept { return participant_ ? participant_->current() : term(); }

standing election::standing() const noexcept {
  return participant_ ? participant_->standing() : standing::watching;
}

std::string election::session() const {
  return participant_ ? participant_->session() : std::string();
}

std::optional<leader> election::last_seen() const {
  return participant_ ? participant_->last_seen() : std::nullopt;
}

error_code election::last_error() const noexcept {
  return participant_ ? participant_->last_error() : error_code();
}

asio::awaitable<void> election::leave() {
  if (!participant_) return impl::nothing();
  return runtime::keep_alive(engine_->leave(participant_), engine_);
}

}  // namespace tenure
