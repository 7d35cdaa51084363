#include "testing/process_network.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace tenure::testing {
namespace {

bool contains(std::string_view text, std::string_view part) noexcept {
  return text.find(part) != text.npos;
}

bool changes_a_key(const runtime::http_request& request) noexcept {
  const std::string_view target = request.target;
  if (target.starts_with("/v1/kv/")) return request.method != "GET";
  // A transaction with ?consistent only reads: it proves leases.
  return target.starts_with("/v1/txn") && !contains(target, "consistent");
}

// Claims, releases and proclaims use the verbs lock and unlock. A quote within a key is escaped.
bool writes_values(const runtime::http_request& request) noexcept {
  static constexpr std::array<std::string_view, 3> verbs{
      R"("Verb":"set")", R"("Verb":"cas")", R"("Verb":"delete)"};
  return changes_a_key(request) &&
         std::any_of(verbs.begin(), verbs.end(),
                     [&](std::string_view verb) { return contains(request.body, verb); });
}

}  // namespace

process_network::process_network(handler_transport& transport, in_process_agent& server)
    : transport_(transport), server_(server) {
  transport_.network = [this](runtime::lane, const runtime::http_request& request) {
    return decide(request);
  };
  transport_.loses_response = [this](runtime::lane where) { return loses_response(where); };
}

process_network::~process_network() {
  transport_.network = [](runtime::lane, const runtime::http_request&) {
    return fate(mishap::refused);
  };
  transport_.loses_response = nullptr;
}

void process_network::set(link to) noexcept {
  if (link_ != link::unplugged) link_ = to;
}

void process_network::cut_off() noexcept { set(link::cut_off); }
void process_network::lose_answers() noexcept { set(link::answers_lost); }
void process_network::lose_watch_answers() noexcept { set(link::watch_answers_lost); }
void process_network::unplug() noexcept { set(link::unplugged); }

void process_network::reconnect() noexcept {
  set(link::up);
  transport_.reset_silent();
}

bool process_network::loses_response(runtime::lane where) const noexcept {
  if (link_ == link::watch_answers_lost) return where == runtime::lane::polls;
  return link_ != link::up;
}

fate process_network::decide(const runtime::http_request& request) noexcept {
  if (link_ == link::unplugged) return mishap::refused;
  if (link_ == link::cut_off) return mishap::silent_before;
  if (server_.stopped()) return mishap::refused;
  if (writes_refused_ && changes_a_key(request)) return mishap::forbidden;
  if (lose_next_write_answer_ && writes_values(request)) {
    lose_next_write_answer_ = false;
    return mishap::reset_after;
  }
  return mishap::none;
}

}  // namespace tenure::testing
