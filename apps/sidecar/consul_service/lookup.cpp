#include "sidecar/consul_service/lookup.hpp"

#include <algorithm>

namespace tenure::sidecar {

namespace asio = boost::asio;

namespace {

constexpr std::string_view lookup_failed = "service lookup failed";

}  // namespace

std::string service_lookup::description() const {
  return wanted_.id.empty() ? "service for allocation " + wanted_.allocation
                            : "service " + wanted_.id;
}

asio::awaitable<std::string> service_lookup::find() {
  if (!wanted_.id.empty()) {
    const service_result known = co_await agent_.read(wanted_.id);
    note_answer(known);
    co_return known.service ? wanted_.id : std::string();
  }
  std::string filter = "ID matches \"_nomad-task-" + wanted_.allocation + "-.*\"";
  service_list found = co_await agent_.find(std::move(filter));
  note_answer(found);
  // The id of a sidecar proxy begins with the id of its service.
  std::erase_if(found.services, [](const auto& s) { return !s.kind.empty(); });
  const std::string id = choose(found.services);
  co_return id;
}

std::string service_lookup::choose(const std::vector<agent_service>& services) {
  const auto first_named = [&](const std::string& name) {
    return std::ranges::find_if(services, [&](const agent_service& s) { return s.name == name; });
  };
  auto chosen = first_named(wanted_.name);
  if (chosen == services.end()) chosen = first_named(chosen_name_);
  if (chosen == services.end()) {
    if (services.empty() || !chosen_name_.empty()) return {};
    chosen = services.begin();
    if (services.size() > 1) warn("no service of the allocation has the configured name", services);
  } else if (std::ranges::count(services, chosen->name, &agent_service::name) > 1) {
    warn("several services of the allocation have the configured name", services);
  }
  chosen_name_ = chosen->name;
  return chosen->id;
}

// Once: the lookup is repeated while the service is missing.
void service_lookup::warn(std::string_view event, const std::vector<agent_service>& services) {
  if (std::exchange(warned_, true)) return;
  std::string ids;
  for (const agent_service& s : services) ids += (ids.empty() ? "" : " ") + s.id;
  env_->log->log(log_level::warn, event,
                 {log_field("allocation", wanted_.allocation), log_field("name", wanted_.name),
                  log_field("services", ids),
                  log_field("hint", "the first one is used: name another one, or its id")});
}

void service_lookup::note_answer(const service_answer& answer) {
  error_ = answer.error ? answer.detail : std::string();
  refused_ = answer.error == consul_errc::forbidden;
  if (answer.error) {
    env_->outages->failed(lookup_failed, answer.error, answer.detail, {}, env_->now());
  } else {
    env_->outages->succeeded(lookup_failed, env_->now());
  }
}

}  // namespace tenure::sidecar
