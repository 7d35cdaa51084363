// A watcher learns of every change of one key. It is a node in the registry's list of the key's
// watchers, so an idle election costs no allocation for it.
#pragma once

#include <memory>
#include <string>
#include <tenure/error.hpp>
#include <utility>

#include "consul/types.hpp"
#include "election/key_name.hpp"

namespace tenure::impl {

class key_watcher;
class watched_key;
using named_key = std::pair<const key_name, watched_key>;

/// What registers watchers.
class watcher_registrar {
 public:
  virtual void unwatch(key_watcher& who) noexcept = 0;

 protected:
  ~watcher_registrar() = default;
};

/// Where a watcher is registered. Only the registry writes it.
struct watch_link {
  watcher_registrar* registry = nullptr;  ///< none: it is not registered, and the rest is empty
  named_key* key = nullptr;
  key_watcher* next = nullptr;  ///< the next watcher of the same key
};

/// Is called on the engine's thread. Its destructor unregisters it, if the registry still exists.
class key_watcher : public std::enable_shared_from_this<key_watcher> {
 public:
  key_watcher() = default;
  key_watcher(const key_watcher&) = delete;
  key_watcher& operator=(const key_watcher&) = delete;
  virtual ~key_watcher() { unwatch(); }

  virtual void on_key_changed(const consul::kv_result& answer) = 0;
  virtual void on_watch_error(const error_code& why, const std::string& detail) = 0;

  /// A notice says that the key was handed over to this process, by a transaction that required it
  /// to be at the index `guard`; `answer` is what a read would show. A guard of 0: an old notice,
  /// written again. Returns whether it is believed and taken in.
  virtual bool on_notice(const consul::kv_result&, std::uint64_t) { return false; }

  /// Whether it is a participant, standing or not. A key has at most one in this process.
  virtual bool is_participant() const noexcept { return false; }

  /// Whether it claims the key as soon as that is free. A token that may claim a key may read it,
  /// too, so the answer to the claim tells whether a list has hidden the key.
  virtual bool claims_when_free() const noexcept { return false; }

  /// Whether it may learn of the key from a server that may be behind its leader (Consul's
  /// `stale`). Never a participant: its quarantine would count from a state of long ago.
  virtual bool accepts_stale() const noexcept { return false; }

  /// From now on nothing is reported to it.
  void unwatch() noexcept;

  watch_link& link() noexcept { return link_; }
  const watch_link& link() const noexcept { return link_; }

 protected:
  /// It wrote or read the key itself: report the next answer of the watch, even one that repeats
  /// what the watch reported last.
  void invalidate() noexcept;
  /// Its claim for the key has been sent, or will be as soon as its session exists; or neither any
  /// more. The next poll waits for the outcome, for a while.
  void expect_lock_op(bool expected) noexcept;

 private:
  watch_link link_;
};

}  // namespace tenure::impl
