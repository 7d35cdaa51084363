#include "agent/handler.hpp"

#include <utility>

#include "agent/routes/endpoints.hpp"

namespace tenure::agent {

handler::handler(handler_options options, runtime::random_source& random, answer_sink& sink,
                 time_point start)
    : endpoints_(std::make_unique<endpoints>(std::move(options), random, sink, start)) {}

handler::~handler() = default;

void handler::handle(const runtime::http_request& request, time_point now, request_id id) {
  endpoints_->handle(request, now, id);
}

void handler::tick(time_point now) { endpoints_->tick(now); }

time_point handler::next_deadline() const noexcept { return endpoints_->next_deadline(); }

void handler::abandon(request_id id) { endpoints_->parked().abandon(id); }

void handler::release_parked() { endpoints_->parked().release_all(); }

std::size_t handler::parked() const noexcept { return endpoints_->parked().size(); }

std::size_t handler::sessions() const noexcept { return endpoints_->sessions(); }

bool handler::forgets_nothing(time_point now, duration lease) const noexcept {
  return endpoints_->forgets_nothing(now, lease);
}

std::uint64_t handler::index() const noexcept { return endpoints_->index(); }

const std::set<tenant>& handler::tenants() const noexcept { return endpoints_->tenants(); }

fault_injection& handler::faults() noexcept { return *endpoints_; }

}  // namespace tenure::agent
