// Keys, their followers, and what they are told. The plan is in watch_plan.cpp.
#include "election/watching/watch_registry.hpp"

#include <algorithm>
#include <utility>

#include "election/watching/range_query.hpp"

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

void key_watcher::unwatch() noexcept {
  if (watches_ != nullptr) watches_->unwatch(*this);
}

void key_watcher::invalidate() noexcept {
  if (key_ != nullptr) key_->second.due = true;
}

void key_watcher::set_claim_inflight(bool on_its_way) noexcept {
  if (key_ == nullptr || std::exchange(key_->second.claimed, on_its_way) == on_its_way) return;
  range_query* const owner = key_->second.owner;
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

void watch_registry::watch(const key_name& key, const std::shared_ptr<key_watcher>& who) {
  if (stopped_) return;
  const auto [place, fresh] = keys_.try_emplace(key);
  watched_key& w = place->second;
  who->watches_ = this;
  who->key_ = &*place;
  who->next_ = w.watchers;
  w.watchers = who.get();
  w.due = true;
  if (fresh) {
    place_newcomer(*place);
  } else if (w.owner != nullptr) {
    w.owner->newcomer(key.text());
  }
}

void watch_registry::unwatch(key_watcher& who) noexcept {
  who.watches_ = nullptr;
  auto* const key = std::exchange(who.key_, nullptr);
  key_watcher** link = &key->second.watchers;
  while (*link != &who) link = &(*link)->next_;
  *link = who.next_;
  if (key->second.watchers != nullptr) return;
  range_query* const owner = key->second.owner;
  if (owner != nullptr && key->second.claimed) owner->claim_answered();
  keys_.erase(keys_.find(key->first));
  if (owner != nullptr && --owner->keys == 0) {
    const auto place = plan_.find(owner->range());
    const query_ptr last = place->second;
    plan_.erase(place);
    retire(last);
  }
  if (keys_.size() < planned_keys_ / 2) want_plan();
}

bool watch_registry::stood_for(std::string_view key) const noexcept {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return false;
  const key_watcher* f = found->second.watchers;
  while (f != nullptr && !f->stands()) f = f->next_;
  return f != nullptr;
}

void watch_registry::stop() noexcept {
  stopped_ = true;
  for (auto& [key, w] : keys_) {
    while (w.watchers != nullptr) {
      key_watcher& f = *w.watchers;
      w.watchers = f.next_;
      f.watches_ = nullptr;
      f.key_ = nullptr;
    }
  }
  keys_.clear();
}

bool watch_registry::due(const std::string& key) const noexcept {
  const auto found = keys_.find(key);
  return found != keys_.end() && found->second.due;
}

// -- telling -------------------------------------------------------------------------------------

void watch_registry::tell(const std::string& key, const consul::kv_result& answer) {
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
  if (w.watchers->next_ == nullptr) {
    if (const auto only = w.watchers->weak_from_this().lock()) only->on_key_changed(answer);
    return;
  }
  std::vector<std::shared_ptr<key_watcher>> all;
  for (key_watcher* f = w.watchers; f != nullptr; f = f->next_) {
    all.push_back(f->weak_from_this().lock());
  }
  for (const auto& watcher : all) {
    if (watcher && watcher->watches_ == this) watcher->on_key_changed(answer);
  }
}

void watch_registry::observe(const std::string& key, const consul::kv_result& answer) {
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
class watch_registry::reader final : public consul::kv_reader {
 public:
  reader(watched_keys& keys, const std::string& prefix, const consul::raw_kv_list& answer)
      : end_(keys.end()), at_(keys.lower_bound(prefix)), prefix_(prefix) {
    now_.sent_at = answer.sent_at;
    now_.received_at = answer.received_at;
    now_.index = answer.index;
  }

  bool wants(const consul::key_header& seen) override {
    in_order = in_order && (!any_ || last_ < seen.key);
    any_ = true;
    last_ = seen.key;
    while (below() && at_->first.text() < seen.key) pass_missing();
    if (!below() || at_->first.text() != seen.key) {
      ++unwatched;
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

  std::vector<std::pair<std::string, consul::kv_result>> news;
  std::size_t unwatched = 0;
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
  consul::kv_result now_;
  std::string_view last_;
  bool any_ = false;
};

void watch_registry::observe(const core::watch_range& where, consul::raw_kv_list& answer,
                      std::size_t& unwatched) {
  reader walk(keys_, where.text, answer);
  client_.read(answer, walk);
  if (!answer.error && !walk.in_order) {
    answer.error = consul_errc::bad_answer;
    answer.detail = "a list of keys below \"" + where.text + "\" that is not in order";
  }
  if (answer.error) return;
  walk.finish();
  unwatched = walk.unwatched;
  for (const auto& [key, found] : walk.news) tell(key, found);
  if (!walk.news.empty()) told_();
}

void watch_registry::tell_unseen(const range_query& whose, const error_code& why,
                              const std::string& detail) {
  std::vector<std::shared_ptr<key_watcher>> all;
  for (auto k = keys_.lower_bound(whose.range().text);
       k != keys_.end() && whose.range().covers(k->first.text()); ++k) {
    if (k->second.owner != &whose) continue;
    k->second.due = true;
    for (key_watcher* f = k->second.watchers; f != nullptr; f = f->next_) {
      all.push_back(f->weak_from_this().lock());
    }
  }
  tell_unseen(std::move(all), why, detail);
}

void watch_registry::tell_unseen(const std::vector<std::string>& keys, const error_code& why,
                              const std::string& detail) {
  std::vector<std::shared_ptr<key_watcher>> all;
  for (const std::string& key : keys) {
    const auto found = keys_.find(key);
    if (found == keys_.end()) continue;
    for (key_watcher* f = found->second.watchers; f != nullptr; f = f->next_) {
      all.push_back(f->weak_from_this().lock());
    }
  }
  tell_unseen(std::move(all), why, detail);
}

void watch_registry::tell_unseen(std::vector<std::shared_ptr<key_watcher>> all,
                              const error_code& why, const std::string& detail) {
  for (const auto& watcher : all) {
    if (watcher && watcher->watches_ == this) watcher->on_watch_error(why, detail);
  }
}

}  // namespace tenure::impl
