// The keys that this process watches, and what the watch has reported of each.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <tenure/time.hpp>
#include <utility>

#include "consul/types.hpp"
#include "election/key_name.hpp"
#include "runtime/slab.hpp"

namespace tenure::impl {

class key_watcher;
class range_query;

/// What distinguishes two states of a key.
class key_version {
 public:
  /// A key that exists.
  key_version(std::uint64_t modify_index, std::string_view session) noexcept;
  /// A key that an answer with this index did not have.
  static key_version missing(std::uint64_t index) noexcept;
  static key_version of(const consul::kv_result& answer) noexcept;

  std::uint64_t order;    ///< as key_observation::order(): the key's index, or else the answer's
  std::uint32_t session;  ///< a hash of the holder's session
  bool exists;

 private:
  explicit key_version(std::uint64_t index) noexcept : order(index), session(0), exists(false) {}
};

class watched_key {
 public:
  /// Whether an answer to a request that was sent at `sent_at` has to be reported.
  bool is_news(const key_version& now, time_point sent_at) const noexcept;
  /// Whether a newer state was reported after the request for this one had been sent. An older
  /// state that was asked for later is for the watchers to judge: the server may have lost its
  /// state.
  bool overtaken(const key_version& now, time_point sent_at) const noexcept {
    return goes_back(now) && sent_at < reported_at_;
  }
  /// Whether the last report was of a newer state.
  bool goes_back(const key_version& now) const noexcept { return known_ && now.order < order_; }
  /// The last report said that the key exists.
  bool existed() const noexcept { return exists_; }
  /// An answer that arrived at `received_at` is being reported.
  void reported(const key_version& now, time_point received_at) noexcept;

  key_watcher* watchers = nullptr;
  range_query* owner = nullptr;  ///< the query that watches it; none before it is planned

 private:
  // What was reported last. Not a key_version, which would waste eight bytes on each key.
  std::uint64_t order_ = 0;
  time_point reported_at_{};
  std::uint32_t session_ = 0;
  bool exists_ = false;
  bool known_ = false;  ///< something was reported

 public:
  bool due = true;       ///< report the next answer, news or not
  bool claimed = false;  ///< a claim for it is in flight
};

using named_key = std::pair<const key_name, watched_key>;
using watched_keys =
    std::map<key_name, watched_key, key_name::order, runtime::slab_allocator<named_key>>;

}  // namespace tenure::impl
