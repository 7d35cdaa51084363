#include "testing/in_process_agent.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

namespace tenure::testing {

in_process_agent::inflight_request::inflight_request(in_process_agent& server,
                                                     agent::request_id id,
                                                     runtime::http_request request)
    : timer([](timer& t) noexcept {
        auto& self = static_cast<inflight_request&>(t);
        self.server_.arrive(self);
      }),
      id(id),
      request(std::move(request)),
      changed(server.runtime_.timers()),
      server_(server) {}

class in_process_agent::tick_timer : public runtime::timer {
 public:
  explicit tick_timer(in_process_agent& server)
      : timer([](timer& t) noexcept {
          in_process_agent& agent = static_cast<tick_timer&>(t).server_;
          agent.handler_->tick(agent.runtime_.now());
          agent.rearm();
        }),
        server_(server) {}

 private:
  in_process_agent& server_;
};

in_process_agent::in_process_agent(manual_runtime& runtime, agent::handler_options options)
    : runtime_(runtime), tick_(std::make_unique<tick_timer>(*this)) {
  restart(std::move(options));
}

in_process_agent::~in_process_agent() {
  runtime_.timers().disarm(*tick_);
  for (auto& [id, flight] : inflight_) runtime_.timers().disarm(*flight);
}

void in_process_agent::restart(agent::handler_options options) {
  std::erase_if(inflight_, [](const auto& entry) { return !entry.second->armed(); });
  handler_ = std::make_unique<agent::handler>(std::move(options), runtime_.random(), *this,
                                              runtime_.now());
  rearm();
}

void in_process_agent::stop() {
  stopped_ = true;
  std::vector<std::shared_ptr<inflight_request>> parked;
  for (const auto& [id, flight] : inflight_) {
    if (!flight->armed()) parked.push_back(flight);
  }
  for (const auto& flight : parked) reset(*flight);
  rearm();
}

runtime::http_response in_process_agent::ask(runtime::http_request request) {
  const auto asked = std::make_shared<inflight_request>(*this, ++last_id_, std::move(request));
  inflight_.emplace(asked->id, asked);
  serve(*asked);
  if (!asked->response) throw std::logic_error("the agent did not answer at once");
  return std::move(*asked->response);
}

std::shared_ptr<in_process_agent::inflight_request> in_process_agent::send(
    runtime::http_request request, duration delay, std::function<bool()> loses_answer) {
  auto sent = std::make_shared<inflight_request>(*this, ++last_id_, std::move(request));
  sent->loses_answer = std::move(loses_answer);
  inflight_.emplace(sent->id, sent);
  if (delay > duration::zero())
    runtime_.timers().arm(*sent, runtime_.now() + delay);
  else
    arrive(*sent);
  return sent;
}

void in_process_agent::arrive(inflight_request& arrived) noexcept {
  if (stopped_)
    reset(arrived);
  else
    serve(arrived);
}

void in_process_agent::serve(inflight_request& arrived) noexcept {
  const auto kept = inflight_.at(arrived.id);  // an immediate response erases it from the map
  handler_->handle(arrived.request, runtime_.now(), arrived.id);
  if (arrived.abandoned) abandon(arrived);
  rearm();
}

void in_process_agent::reset(inflight_request& which) noexcept {
  const auto found = inflight_.find(which.id);
  if (found == inflight_.end()) return;
  const auto kept = found->second;
  inflight_.erase(found);
  handler_->abandon(kept->id);
  kept->reset = true;
  kept->lost = kept->loses_answer && kept->loses_answer();
  kept->changed.notify_all();
}

void in_process_agent::abandon(inflight_request& abandoned) noexcept {
  abandoned.abandoned = true;
  if (abandoned.armed() || inflight_.erase(abandoned.id) == 0) return;
  handler_->abandon(abandoned.id);
  rearm();
}

void in_process_agent::answered(agent::request_id id, runtime::http_response response) {
  const auto found = inflight_.find(id);
  if (found == inflight_.end()) return;  // the client has gone
  inflight_request& asked = *found->second;
  asked.response = std::move(response);
  asked.lost = asked.loses_answer && asked.loses_answer();
  asked.changed.notify_all();
  inflight_.erase(found);
}

void in_process_agent::rearm() {
  const time_point next = handler_->next_deadline();
  if (next == time_point::max())
    runtime_.timers().disarm(*tick_);
  else
    runtime_.timers().arm(*tick_, next);
}

}  // namespace tenure::testing
