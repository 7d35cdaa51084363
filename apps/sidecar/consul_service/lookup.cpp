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
  if (found.services.empty()) co_return std::string();
  const auto named = std::ranges::find_if(
      found.services, [&](const auto& s) { return s.name == wanted_.name; });
  if (named != found.services.end()) co_return named->id;
  const std::string id = found.services.front().id;
  if (found.services.size() > 1) {
    env_->log->log(log_level::warn, "no service of the allocation has the configured name",
              {log_field("allocation", wanted_.allocation), log_field("name", wanted_.name),
               log_field("services", std::uint64_t{found.services.size()}),
               log_field("using", id)});
  }
  co_return id;
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
