#include <stdexcept>
#include <tenure/testing/world.hpp>
#include <tenure/toolkit/percent.hpp>
#include <utility>

#include "agent/fault_injection.hpp"
#include "testing/world_state.hpp"

namespace tenure::testing {
namespace {

std::string kv_target(const std::string& key, const std::string& query = {}) {
  return "/v1/kv/" + text::percent_encode(key, "/") + query;
}

/// Throws unless the agent answers "true".
void write(world_state& world, std::string method, std::string target, std::string body = {}) {
  const runtime::http_response answer = world.agent.ask(
      runtime::http_request(std::move(method), target, std::move(body)));
  if (answer.status != 200 || !answer.body.starts_with("true")) {
    throw std::runtime_error(target + " answered " + std::to_string(answer.status) + ": " +
                             answer.body);
  }
}

stored_key held(const world& where, const std::string& key) {
  auto found = where.find(key);
  if (!found || !found->held()) throw std::invalid_argument("nothing holds \"" + key + "\"");
  return std::move(*found);
}

}  // namespace

world::world(std::uint64_t seed) : state_(std::make_shared<world_state>(seed)) {}
world::~world() { state_->end(); }

process& world::add_process(elections_options options, consul_config config) {
  return state_->add_process(std::move(options), std::move(config));
}

time_point world::now() const noexcept { return state_->runtime.now(); }
void world::run_until_idle() { state_->run_until_idle(); }
void world::run_for(duration d) { state_->run_for(d); }
bool world::run_until(const std::function<bool()>& done, duration patience) {
  return state_->run_until(done, patience);
}

boost::asio::any_io_executor world::get_executor() const { return state_->runtime.executor(); }

std::shared_ptr<task_state> world::start(boost::asio::awaitable<void> coroutine) {
  return state_->start(state_->runtime.main_loop(), "test", std::move(coroutine));
}

std::optional<stored_key> world::find(const std::string& key) const {
  const auto found = state_->agent.handler().faults().find(key);
  if (!found) return std::nullopt;
  stored_key seen;
  seen.value = found->value;
  seen.session = found->session;
  seen.flags = found->flags;
  seen.modify_index = found->modify_index;
  return seen;
}

void world::put(const std::string& key, const std::string& value) {
  write(*state_, "PUT", kv_target(key), value);
}

void world::remove(const std::string& key) { write(*state_, "DELETE", kv_target(key)); }

void world::depose(const std::string& key) {
  const stored_key found = held(*this, key);
  write(*state_, "PUT",
        kv_target(key, "?release=" + found.session + "&flags=" + std::to_string(found.flags)),
        found.value);
}

void world::expire_session(const std::string& session) {
  const auto info = state_->agent.ask(runtime::http_request("GET", "/v1/session/info/" + session));
  if (info.status != 200 || info.body.starts_with("[]"))
    throw std::invalid_argument("there is no session \"" + session + "\"");
  // Consul ends a session that is destroyed and one whose TTL is over in the same way.
  write(*state_, "PUT", "/v1/session/destroy/" + session);
}

std::string world::expire_holder(const std::string& key) {
  std::string session = held(*this, key).session;
  expire_session(session);
  return session;
}

void world::stop_agent() { state_->agent.stop(); }
void world::start_agent() { state_->agent.start(); }

void world::restart_empty() {
  agent::handler_options options;
  options.start_index = state_->agent.handler().index();
  state_->agent.stop();
  state_->agent.restart(std::move(options));
  state_->agent.start();
}

std::string world::log() const { return state_->record->text(); }

}  // namespace tenure::testing
