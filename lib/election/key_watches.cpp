// Keys, their followers, and what they are told. The plan is in watch_plan.cpp.
#include "election/key_watches.hpp"

#include <algorithm>
#include <utility>

#include "election/shard.hpp"

namespace tenure::impl {
namespace {

// Told apart, not kept: FNV-1a. Nobody holds the key: 0.
std::uint32_t hash_of(std::string_view session) noexcept {
  if (session.empty()) return 0;
  std::uint32_t hash = 0x811c9dc5;
  for (const char c : session) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash;
}

}  // namespace

void key_follower::unfollow() noexcept {
  if (watches_ != nullptr) watches_->unfollow(*this);
}

void key_follower::knows_more() noexcept {
  if (key_ != nullptr) key_->second.due = true;
}

void key_follower::claiming(bool on_its_way) noexcept {
  if (key_ == nullptr || std::exchange(key_->second.claimed, on_its_way) == on_its_way) return;
  shard* const owner = key_->second.owner;
  if (owner == nullptr) return;
  if (on_its_way) {
    owner->claim_begun();
  } else {
    owner->claim_answered();
  }
}

bool watched_key::news(bool exists_now, std::uint64_t order_now, std::uint32_t session_now,
                       time_point sent_at) const noexcept {
  if (!known) return true;
  // Overtaken on its way. What is older and was asked for later is for the followers to judge: the
  // server may have begun another life.
  if (order_now < order && sent_at < told_at) return false;
  if (due || exists_now != exists) return true;
  return exists && (order_now != order || session_now != session);
}

// -- followers -----------------------------------------------------------------------------------

void key_watches::follow(const key_name& key, const std::shared_ptr<key_follower>& who) {
  if (stopped_) return;
  const auto [place, fresh] = keys_.try_emplace(key);
  watched_key& w = place->second;
  who->watches_ = this;
  who->key_ = &*place;
  who->next_ = w.followers;
  w.followers = who.get();
  w.due = true;
  if (fresh) {
    place_newcomer(*place);
  } else if (w.owner != nullptr) {
    w.owner->newcomer(key.text());
  }
}

void key_watches::unfollow(key_follower& who) noexcept {
  who.watches_ = nullptr;
  auto* const key = std::exchange(who.key_, nullptr);
  key_follower** link = &key->second.followers;
  while (*link != &who) link = &(*link)->next_;
  *link = who.next_;
  if (key->second.followers != nullptr) return;
  shard* const owner = key->second.owner;
  if (owner != nullptr && key->second.claimed) owner->claim_answered();
  keys_.erase(keys_.find(key->first));
  if (owner != nullptr && --owner->keys == 0) {
    const auto place = plan_.find(owner->range());
    const shard_ptr last = place->second;
    plan_.erase(place);
    retire(last);
  }
  if (keys_.size() < planned_keys_ / 2) want_plan();
}

bool key_watches::stood_for(std::string_view key) const noexcept {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return false;
  const key_follower* f = found->second.followers;
  while (f != nullptr && !f->stands()) f = f->next_;
  return f != nullptr;
}

void key_watches::stop() noexcept {
  stopped_ = true;
  for (auto& [key, w] : keys_) {
    while (w.followers != nullptr) {
      key_follower& f = *w.followers;
      w.followers = f.next_;
      f.watches_ = nullptr;
      f.key_ = nullptr;
    }
  }
  keys_.clear();
}

bool key_watches::due(const std::string& key) const noexcept {
  const auto found = keys_.find(key);
  return found != keys_.end() && found->second.due;
}

// -- telling -------------------------------------------------------------------------------------

void key_watches::tell(const std::string& key, const consul::kv_found& answer) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return;
  watched_key& w = found->second;
  w.exists = answer.entry.has_value();
  w.order = w.exists ? answer.entry->modify_index : answer.index;
  w.session = w.exists ? hash_of(answer.entry->session) : 0;
  w.told_at = answer.received_at;
  w.known = true;
  w.due = false;
  // Whoever is told may end another, or itself.
  if (w.followers->next_ == nullptr) {
    if (const auto only = w.followers->weak_from_this().lock()) only->key_seen(answer);
    return;
  }
  std::vector<std::shared_ptr<key_follower>> all;
  for (key_follower* f = w.followers; f != nullptr; f = f->next_) {
    all.push_back(f->weak_from_this().lock());
  }
  for (const auto& follower : all) {
    if (follower && follower->watches_ == this) follower->key_seen(answer);
  }
}

void key_watches::saw(const std::string& key, const consul::kv_found& answer) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return;
  const bool exists = answer.entry.has_value();
  const std::uint64_t order = exists ? answer.entry->modify_index : answer.index;
  const std::uint32_t session = exists ? hash_of(answer.entry->session) : 0;
  if (!found->second.news(exists, order, session, answer.sent_at)) return;
  tell(key, answer);
  told_();
}

/// Walks through a listing and the keys that are watched below its prefix, side by side.
class key_watches::reader final : public consul::kv_reader {
 public:
  reader(watched_keys& keys, const std::string& prefix, const consul::kv_listing& answer)
      : end_(keys.end()), at_(keys.lower_bound(prefix)), prefix_(prefix) {
    now_.sent_at = answer.sent_at;
    now_.received_at = answer.received_at;
    now_.index = answer.index;
  }

  bool wants(const consul::kv_glance& seen) override {
    in_order = in_order && (!any_ || last_ < seen.key);
    any_ = true;
    last_ = seen.key;
    while (below() && at_->first.text() < seen.key) pass_missing();
    if (!below() || at_->first.text() != seen.key) {
      ++foreign;
      return false;
    }
    const watched_key& w = at_->second;
    ++at_;
    return w.news(true, seen.modify_index, hash_of(seen.session), now_.sent_at);
  }

  void take(consul::kv_entry entry) override {
    std::string key = entry.key;
    now_.entry = std::move(entry);
    news.emplace_back(std::move(key), now_);
    now_.entry.reset();
  }

  void finish() {
    while (below()) pass_missing();
  }

  std::vector<std::pair<std::string, consul::kv_found>> news;
  std::size_t foreign = 0;
  bool in_order = true;

 private:
  bool below() const { return at_ != end_ && at_->first.text().starts_with(prefix_); }
  void pass_missing() {
    if (at_->second.news(false, now_.index, 0, now_.sent_at)) {
      news.emplace_back(at_->first.text(), now_);
    }
    ++at_;
  }

  watched_keys::const_iterator end_;
  watched_keys::const_iterator at_;
  const std::string& prefix_;
  consul::kv_found now_;
  std::string_view last_;
  bool any_ = false;
};

void key_watches::saw(const core::shard_range& where, consul::kv_listing& answer,
                      std::size_t& foreign) {
  reader walk(keys_, where.text, answer);
  client_.read(answer, walk);
  if (!answer.error && !walk.in_order) {
    answer.error = consul_errc::bad_answer;
    answer.detail = "a list of keys below \"" + where.text + "\" that is not in order";
  }
  if (answer.error) return;
  walk.finish();
  foreign = walk.foreign;
  for (const auto& [key, found] : walk.news) tell(key, found);
  if (!walk.news.empty()) told_();
}

void key_watches::tell_unseen(const shard& whose, const error_code& why,
                              const std::string& detail) {
  std::vector<std::shared_ptr<key_follower>> all;
  for (auto k = keys_.lower_bound(whose.range().text);
       k != keys_.end() && whose.range().covers(k->first.text()); ++k) {
    if (k->second.owner != &whose) continue;
    k->second.due = true;
    for (key_follower* f = k->second.followers; f != nullptr; f = f->next_) {
      all.push_back(f->weak_from_this().lock());
    }
  }
  tell_unseen(std::move(all), why, detail);
}

void key_watches::tell_unseen(const std::vector<std::string>& keys, const error_code& why,
                              const std::string& detail) {
  std::vector<std::shared_ptr<key_follower>> all;
  for (const std::string& key : keys) {
    const auto found = keys_.find(key);
    if (found == keys_.end()) continue;
    for (key_follower* f = found->second.followers; f != nullptr; f = f->next_) {
      all.push_back(f->weak_from_this().lock());
    }
  }
  tell_unseen(std::move(all), why, detail);
}

void key_watches::tell_unseen(std::vector<std::shared_ptr<key_follower>> all,
                              const error_code& why, const std::string& detail) {
  for (const auto& follower : all) {
    if (follower && follower->watches_ == this) follower->key_unseen(why, detail);
  }
}

}  // namespace tenure::impl
