// Who leads what below a prefix: elections, and the holders of semaphores.
#include <map>
#include <utility>

#include "consul/documents.hpp"
#include "election/engine.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;

leader holder(const consul::kv_entry& entry) {
  leader who;
  who.key = entry.key;
  who.session = entry.session;
  if (!entry.session.empty()) {
    who.value = entry.value;
    who.fence = entry.modify_index;
  }
  return who;
}

}  // namespace

asio::awaitable<std::vector<leader>> engine::leaders(std::string prefix) {
  const consul::kv_list answer = co_await client_.list(prefix, consul::consistency::default_);
  if (answer.error) fail(answer.error, answer.detail);
  std::map<std::string, std::string> published;  // by contenders of semaphores, under their keys
  for (const consul::kv_entry& entry : answer.entries) {
    if (entry.flags == consul::semaphore_flags && !entry.session.empty())
      published.emplace(entry.key, entry.value);
  }
  std::vector<leader> all;
  for (const consul::kv_entry& entry : answer.entries) {
    if (entry.flags != consul::semaphore_flags) {
      if (entry.flags == consul::lock_flags || !entry.session.empty()) all.push_back(holder(entry));
      continue;
    }
    if (!entry.key.ends_with("/.lock")) continue;
    const auto lock = consul::parse_semaphore(entry.value);
    if (!lock || lock->holders.empty()) {
      all.push_back(holder(entry));
      continue;
    }
    const std::string folder = entry.key.substr(0, entry.key.size() - 5);  // with its slash
    for (const std::string& session : lock->holders) {
      leader who;
      who.key = entry.key;
      who.session = session;
      const auto value = published.find(folder + session);
      if (value != published.end()) who.value = value->second;
      who.fence = entry.modify_index;
      all.push_back(std::move(who));
    }
  }
  co_return all;
}

}  // namespace tenure::impl
