// Decides which hook runs next, by Juju's guarantees. Facts come in, the next hook comes out; the
// scheduler runs nothing and never waits.
//
// leader-elected is scheduled once this process is guaranteed to lead for a while; leader-deposed
// after a term in which leader-elected was started; leader-settings-changed when this process is
// not, or no longer, guaranteed to lead, and while it follows, whenever the settings change. A hook
// stays pending until it succeeds, or until it has been tried and is outdated.
#pragma once

#include <cstdint>
#include <optional>

namespace tenure::sidecar {

enum class hook { leader_elected, leader_settings_changed, leader_deposed };

/// The name of the hook's file: "leader-elected".
const char* to_string(hook h) noexcept;

/// Whether leadership is guaranteed for as long ahead as configured.
enum class guarantee_state { given, lost };
enum class hook_result { succeeded, failed };

class hook_scheduler {
 public:
  /// This process leads, in the term with this fence.
  void leading(std::uint64_t fence, guarantee_state g);
  /// The work of the term has to stop. No hook is started before term_over(): until then this
  /// process may be the leader to others.
  void stopping() noexcept { stopping_ = term_ != 0; }
  void term_over();
  /// Another process leads.
  void following();
  /// The index of the settings as last seen. The first call reports no change.
  void settings(std::uint64_t index);

  /// The hook to run now, if any. None while a hook runs.
  std::optional<hook> next() const;
  /// The fence for the hook: of the term that ended for leader-deposed, of the running term
  /// otherwise.
  std::uint64_t fence(hook of) const noexcept;

  void started(hook what);
  void finished(hook_result result);
  /// The hook is not run again for what has happened so far.
  void drop(hook what) noexcept { clear(what); }

 private:
  struct pending {
    bool scheduled = false;
    bool tried = false;
  };
  pending& of(hook what) noexcept;
  void schedule(hook what) noexcept;
  void clear(hook what) noexcept { of(what) = pending(); }

  enum class role { unknown, leader, follower };
  role role_ = role::unknown;
  std::uint64_t term_ = 0;  // the running term's fence; 0: none
  guarantee_state guarantee_ = guarantee_state::lost;
  std::uint64_t elected_term_ = 0;  // in which leader-elected was started
  std::uint64_t deposed_term_ = 0;
  std::optional<std::uint64_t> settings_;
  pending elected_;
  pending changed_;
  pending deposed_;
  std::optional<hook> running_;
  bool scheduled_again_ = false;  // the running hook, after it started
  bool stopping_ = false;
};

}  // namespace tenure::sidecar
