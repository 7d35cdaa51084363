#include "agent/handler.hpp"

#include <utility>

#include "agent/state.hpp"

namespace tenure::agent {

handler::handler(handler_options options, runtime::random_source& random, answer_sink& sink,
                 time_point start)
    : state_(std::make_unique<handler_state>(std::move(options), random, sink, start)) {}

handler::~handler() = default;

void handler::handle(const runtime::http_request& request, time_point now, request_id id) {
  state_->handle(request, now, id);
}

void handler::tick(time_point now) { state_->tick(now); }

time_point handler::next_deadline() const noexcept { return state_->next_deadline(); }

void handler::abandon(request_id id) { state_->parked().abandon(id); }

void handler::release_parked() { state_->parked().release_all(); }

std::size_t handler::parked() const noexcept { return state_->parked().size(); }

std::size_t handler::sessions() const noexcept { return state_->sessions(); }

std::uint64_t handler::index() const noexcept { return state_->index(); }

}  // namespace tenure::agent
