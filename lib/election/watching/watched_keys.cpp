#include "election/watching/watched_keys.hpp"

namespace tenure::impl {
namespace {

// FNV-1a: enough to notice another session. 0 without a holder.
std::uint32_t hash_of(std::string_view session) noexcept {
  if (session.empty()) return 0;
  std::uint32_t hash = 0x811c9dc5;
  for (const char c : session) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash;
}

}  // namespace

key_version::key_version(std::uint64_t modify_index, std::string_view session) noexcept
    : order(modify_index), session(hash_of(session)), exists(true) {}

key_version key_version::missing(std::uint64_t index) noexcept { return key_version(index); }

key_version key_version::of(const consul::kv_result& answer) noexcept {
  if (!answer.entry) return missing(answer.index);
  return key_version(answer.entry->modify_index, answer.entry->session);
}

bool watched_key::is_news(const key_version& now, time_point sent_at) const noexcept {
  if (!known_) return true;
  // Of the states that are older than the last report only the holder of a key that is missing now
  // is news: the key was deleted.
  if (overtaken(now, sent_at)) return !exists_ && now.exists && now.session != 0;
  if (due || now.exists != exists_) return true;
  return now.exists && (now.order != order_ || now.session != session_);
}

void watched_key::reported(const key_version& now, time_point received_at) noexcept {
  exists_ = now.exists;
  order_ = now.order;
  session_ = now.session;
  reported_at_ = received_at;
  known_ = true;
  due = false;
}

}  // namespace tenure::impl
