#include "election/watching/watch_registry.hpp"

#include <utility>

#include "election/watching/range_query.hpp"
#include "runtime/metering.hpp"

namespace tenure::impl {
namespace {

// Each is checked where a list may lack keys that the token may not read.
constexpr std::size_t most_unknown = 8;

key_watcher* participant_of(const watched_key& key) noexcept {
  key_watcher* watcher = key.watchers;
  while (watcher != nullptr && !watcher->is_participant()) watcher = watcher->link().next;
  return watcher;
}

bool claims_when_free(const watched_key& key) noexcept {
  return key.watchers->link().next == nullptr && key.watchers->claims_when_free();
}

/// Walks a list of keys and the watched keys below its prefix side by side.
class list_reader final : public consul::kv_reader {
 public:
  list_reader(const watched_keys& keys, const std::string& prefix,
              const consul::raw_kv_list& answer, const hold_receiver* holds)
      : end_(keys.end()), at_(keys.lower_bound(prefix)), prefix_(prefix), holds_(holds) {
    now_.sent_at = answer.sent_at;
    now_.received_at = answer.received_at;
    now_.index = answer.index;
    now_.linearizable = answer.linearizable;
  }

  bool wants(const consul::key_header& seen) override {
    in_order = in_order && (!any_ || last_ < seen.key);
    any_ = true;
    last_ = seen.key;
    while (below() && at_->first.text() < seen.key) pass_missing();
    const bool own = holds_ != nullptr && !seen.session.empty() && holds_->is_own(seen.session);
    if (!below() || at_->first.text() != seen.key) {
      ++news.unwatched;
      reports_ = false;
      return own;
    }
    const watched_key& watched = at_->second;
    ++at_;
    reports_ = is_news(watched, key_version(seen.modify_index, seen.session));
    return reports_ || (own && participant_of(watched) == nullptr);
  }

  void take(consul::kv_entry entry) override {
    if (!reports_) {
      news.own_holds.push_back(std::move(entry));
      return;
    }
    std::string key = entry.key;
    now_.entry = std::move(entry);
    news.keys.emplace_back(std::move(key), now_);
    now_.entry.reset();
  }

  void finish() {
    while (below()) pass_missing();
  }

  list_news news;
  bool in_order = true;

 private:
  bool below() const { return at_ != end_ && at_->first.text().starts_with(prefix_); }
  bool is_news(const watched_key& watched, const key_version& now) {
    if (!watched.is_news(now, now_.sent_at)) return false;
    news.goes_back = news.goes_back || watched.goes_back(now);
    return true;
  }
  void pass_missing() {
    if (is_news(at_->second, key_version::missing(now_.index))) {
      news.keys.emplace_back(at_->first.text(), now_);
      // It may be there, and hidden from the token.
      news.keys.back().second.linearizable = false;
      const watched_key& key = at_->second;
      if (key.existed() || (!claims_when_free(key) && unknown_++ < most_unknown)) {
        news.missing.emplace_back(at_->first.text());
      }
    }
    ++at_;
  }

  watched_keys::const_iterator end_;
  watched_keys::const_iterator at_;
  const std::string& prefix_;
  consul::kv_result now_;
  std::string_view last_;
  const hold_receiver* holds_;
  std::size_t unknown_ = 0;
  bool any_ = false;
  bool reports_ = false;  ///< the key that was shown last is news for its watchers
};

void add_watchers_of(const watched_key& key, std::vector<std::shared_ptr<key_watcher>>& all) {
  for (key_watcher* w = key.watchers; w != nullptr; w = w->link().next) {
    all.push_back(w->weak_from_this().lock());
  }
}

}  // namespace

watch_registry::watch_registry(std::shared_ptr<const runtime::environment> env,
                               consul::client& client, poll_slots& slots,
                               duration wait,
                               std::function<void(boost::asio::awaitable<void>)> spawn,
                               std::function<void()> notified)
    : context_{.env = std::move(env),
               .client = client,
               .slots = slots,
               .polls = {.wait = wait},
               .spawn = std::move(spawn),
               .sink = *this,
               .counts = {}},
      notified_(std::move(notified)),
      planner_(context_, keys_) {}

watch_registry::~watch_registry() { stop(); }

// -- watchers ------------------------------------------------------------------------------------

void watch_registry::watch(const key_name& key, const std::shared_ptr<key_watcher>& watcher) {
  if (stopped_) return;
  named_key& place = *keys_.try_emplace(key).first;
  watch_link& link = watcher->link();
  link.registry = this;
  link.key = &place;
  link.next = place.second.watchers;
  place.second.watchers = watcher.get();
  place.second.due = true;
  planner_.add_newcomer(place);
}

void watch_registry::unwatch(key_watcher& watcher) noexcept {
  named_key& place = *watcher.link().key;
  key_watcher** link = &place.second.watchers;
  while (*link != &watcher) link = &(*link)->link().next;
  *link = watcher.link().next;
  watcher.link() = watch_link();
  if (place.second.watchers != nullptr) return;
  const watched_key removed = place.second;
  keys_.erase(keys_.find(place.first));
  planner_.key_removed(removed);
}

bool watch_registry::has_candidate(std::string_view key) const noexcept {
  const auto found = keys_.find(key);
  return found != keys_.end() && participant_of(found->second) != nullptr;
}

void watch_registry::stop() noexcept {
  stopped_ = true;
  planner_.stop();
  for (auto& [key, watched] : keys_) {
    while (watched.watchers != nullptr) {
      watch_link& link = watched.watchers->link();
      watched.watchers = link.next;
      link = watch_link();
    }
  }
  keys_.clear();
}

bool watch_registry::registered(const std::shared_ptr<key_watcher>& watcher) const noexcept {
  return watcher && watcher->link().registry == this;
}

// -- answers -------------------------------------------------------------------------------------

void watch_registry::notify(const std::string& key, const consul::kv_result& answer) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return;
  watched_key& watched = found->second;
  if (watched.overtaken(key_version::of(answer), answer.sent_at)) {
    // Only the participant's history has a use for it.
    key_watcher* const participant = participant_of(watched);
    const auto kept = participant != nullptr ? participant->weak_from_this().lock() : nullptr;
    if (kept) kept->on_key_changed(answer);
    return;
  }
  watched.reported(key_version::of(answer), answer.received_at);
  runtime::count(*context_.env, metric::watch_reports);
  // A watcher may unregister others, or itself, while it is notified.
  if (watched.watchers->link().next == nullptr) {
    if (const auto only = watched.watchers->weak_from_this().lock()) only->on_key_changed(answer);
    return;
  }
  watcher_list all;
  add_watchers_of(watched, all);
  for (const auto& watcher : all) {
    if (registered(watcher)) watcher->on_key_changed(answer);
  }
}

void watch_registry::on_key(const std::string& key, const consul::kv_result& answer) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return;
  if (!found->second.is_news(key_version::of(answer), answer.sent_at)) return;
  notify(key, answer);
  notified_();
  report_hold(key, answer);
}

list_news watch_registry::read_list(const core::watch_range& range, consul::raw_kv_list& answer) {
  list_reader reader(keys_, range.text, answer, holds_);
  context_.client.read(answer, reader);
  if (!answer.error && !reader.in_order) {
    answer.error = consul_errc::bad_answer;
    answer.detail = "the list of keys below \"" + range.text + "\" is not sorted";
  }
  if (answer.error) return {};
  reader.finish();
  return std::move(reader.news);
}

bool watch_registry::goes_back(const std::string& key, const consul::kv_result& answer) const {
  const auto found = keys_.find(key);
  return found != keys_.end() && found->second.goes_back(key_version::of(answer)) &&
         still_news(key, answer);
}

bool watch_registry::still_news(const std::string& key, const consul::kv_result& answer) const {
  const auto found = keys_.find(key);
  return found != keys_.end() && found->second.is_news(key_version::of(answer), answer.sent_at);
}

void watch_registry::on_list(const list_news& seen) {
  for (const auto& [key, found] : seen.keys) {
    if (!seen.delayed || still_news(key, found)) notify(key, found);
  }
  if (!seen.keys.empty()) notified_();
  report_holds_in(seen);
}

void watch_registry::deliver(const std::vector<handed_news>& notices) {
  bool any = false;
  for (const handed_news& one : notices) {
    if (has_candidate(one.key)) {
      any = take_notice(one) || any;
    } else if (holds_ != nullptr && one.guard != 0) {
      holds_->on_unwatched_hold(*one.answer.entry);
    }
  }
  if (any) notified_();
}

// What is not believed is not reported either: the participant reads the key.
bool watch_registry::take_notice(const handed_news& notice) {
  if (!still_news(notice.key, notice.answer)) return false;
  const auto participant =
      participant_of(keys_.find(notice.key)->second)->weak_from_this().lock();
  if (!participant || !participant->on_notice(notice.answer, notice.guard)) return false;
  const auto found = keys_.find(notice.key);
  if (found == keys_.end()) return true;
  found->second.reported(key_version::of(notice.answer), notice.answer.received_at);
  runtime::count(*context_.env, metric::watch_reports);
  watcher_list all;
  add_watchers_of(found->second, all);
  for (const auto& watcher : all) {
    if (watcher != participant && registered(watcher)) watcher->on_key_changed(notice.answer);
  }
  return true;
}

void watch_registry::report_holds_in(const list_news& seen) {
  if (holds_ == nullptr) return;
  for (const consul::kv_entry& one : seen.own_holds) holds_->on_unwatched_hold(one);
  for (const auto& [key, found] : seen.keys) report_hold(key, found);
}

void watch_registry::report_hold(const std::string& key, const consul::kv_result& seen) {
  const bool own = holds_ != nullptr && seen.entry && holds_->is_own(seen.entry->session);
  if (own && !has_candidate(key)) holds_->on_unwatched_hold(*seen.entry);
}

consul::consistency watch_registry::reads(const core::watch_range& range) const noexcept {
  bool any = false;
  for (auto at = keys_.lower_bound(range.text);
       at != keys_.end() && range.covers(at->first.text()); ++at) {
    for (const key_watcher* w = at->second.watchers; w != nullptr; w = w->link().next) {
      if (!w->accepts_stale()) return context_.polls.how;
      any = true;
    }
  }
  return any ? consul::consistency::stale : context_.polls.how;
}

bool watch_registry::due(const std::string& key) const noexcept {
  const auto found = keys_.find(key);
  return found != keys_.end() && found->second.due;
}

void watch_registry::on_error(const range_query& query, const error_code& why,
                              const std::string& detail) {
  watcher_list all;
  const core::watch_range& range = query.range();
  for (auto at = keys_.lower_bound(range.text);
       at != keys_.end() && range.covers(at->first.text()); ++at) {
    if (at->second.owner != &query) continue;
    at->second.due = true;  // the end of the trouble is worth reporting, even without news
    add_watchers_of(at->second, all);
  }
  notify_error(all, why, detail);
}

void watch_registry::on_error(const std::vector<std::string>& keys, const error_code& why,
                              const std::string& detail) {
  watcher_list all;
  for (const std::string& key : keys) {
    const auto found = keys_.find(key);
    if (found != keys_.end()) add_watchers_of(found->second, all);
  }
  notify_error(all, why, detail);
}

void watch_registry::notify_error(const watcher_list& watchers, const error_code& why,
                                  const std::string& detail) {
  for (const auto& watcher : watchers) {
    if (registered(watcher)) watcher->on_watch_error(why, detail);
  }
}

}  // namespace tenure::impl
