#include "sim/observed_keys.hpp"

#include <algorithm>
#include <utility>

#include "sim/run_context.hpp"
#include "sim/text_scan.hpp"

namespace tenure::sim {

observed_keys::viewer observed_keys::viewer_of(actor who, const std::string& election) const {
  return {who, scenario_.tenant_of(election_number(election))};
}

void observed_keys::entered(actor who, const std::string& key) {
  by_viewer_[viewer_of(who, key)][key] = observation();
}

void observed_keys::received(const inflight_request& read) {
  if (key_of(read.request).empty() || read.response->status != 200) return;
  if (read.request.method != "GET") return;
  observations& keys = by_viewer_[{read.by, read.tenant}];
  std::string_view body = read.response->body;
  // One key after the other: their strings have no braces.
  for (auto end = body.find('}'); end != body.npos; end = body.find('}')) {
    key_shown(read, body.substr(0, end), keys);
    body.remove_prefix(end + 1);
  }
}

void observed_keys::key_shown(const inflight_request& read, std::string_view json,
                              observations& keys) {
  // Without its first quotation mark, which is everywhere, a name is found faster.
  constexpr std::string_view key_mark = "Key\":\"";
  constexpr std::string_view session_mark = "Session\":\"";
  const auto name_at = json.find(key_mark);
  if (name_at == json.npos) return;
  const auto key_at = name_at + key_mark.size();
  const auto key_end = json.find('"', key_at);
  const std::string_view key = json.substr(key_at, key_end - key_at);
  const std::uint64_t index = number_after(json.substr(key_end), "ModifyIndex\":");
  auto found = keys.find(key);
  // Most keys of a listing are unchanged.
  if (found != keys.end() && found->second.last_index == index) return;
  const auto session_at = json.find(session_mark);
  if (session_at == json.npos) return;
  const std::string_view holder = json.substr(session_at + session_mark.size(), 36);
  if (found == keys.end()) found = keys.emplace(std::string(key), observation()).first;
  observation& seen = found->second;
  seen.last_index = index;
  // Its own holding says nothing about earlier holders.
  const auto& holdings = truth_.of(std::string(key)).holdings;
  const auto own = [&](const holding& h) { return h.by == read.by && h.session == holder; };
  if (std::any_of(holdings.begin(), holdings.end(), own)) return;
  if (seen.held == 0) seen.first_held_at = world_.now();
  seen.held = std::max(seen.held, index);
}

bool observed_keys::saw_held(actor who, const std::string& key, std::uint64_t fence,
                             time_point limit) const {
  const auto keys = by_viewer_.find(viewer_of(who, key));
  if (keys == by_viewer_.end()) return false;
  const auto found = keys->second.find(key);
  return found != keys->second.end() && found->second.held >= fence &&
         found->second.first_held_at <= limit;
}

}  // namespace tenure::sim
