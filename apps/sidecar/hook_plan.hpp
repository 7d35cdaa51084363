// Which hook is owed to those outside, as Juju promises it. Facts come in, the next hook comes out;
// nothing is run here, and nobody is waited for.
//
// leader-elected is owed once this process is guaranteed to lead for a while; leader-deposed once
// a term is over in which leader-elected was begun; leader-settings-changed to whoever is no longer
// guaranteed to lead, and to those who follow whenever the settings change. A hook stays owed until
// it has succeeded, or has been tried and is out of date.
#pragma once

#include <cstdint>
#include <optional>

namespace tenure::sidecar {

enum class hook { leader_elected, leader_settings_changed, leader_deposed };

/// As its file is called: "leader-elected".
const char* to_string(hook h) noexcept;

class hook_plan {
 public:
  /// A term with this fence runs; `guaranteed`: for as long ahead as is promised.
  void leading(std::uint64_t fence, bool guaranteed);
  /// The term is over.
  void term_over();
  /// Somebody else leads.
  void following();
  /// The settings' index, as last seen. The first one is no change.
  void settings(std::uint64_t index);

  /// What is to be run next, if anything. While one runs nothing else is owed.
  std::optional<hook> next() const;
  /// The fence of the term that next() is about: for leader-deposed the one that is over.
  std::uint64_t fence(hook of) const noexcept;

  void began(hook what);
  void ended(bool good);
  bool running() const noexcept { return running_.has_value(); }

 private:
  /// A hook that is owed.
  class debt {
   public:
    bool owed = false;
    bool tried = false;
  };
  debt& of(hook what) noexcept;
  void owe(hook what) noexcept;
  void forget(hook what) noexcept { of(what) = debt(); }

  enum class role { unknown, leader, follower };
  role role_ = role::unknown;
  std::uint64_t term_ = 0;  // the running term's fence; 0: none
  bool guaranteed_ = false;
  std::uint64_t elected_term_ = 0;  // in which leader-elected was begun
  std::uint64_t deposed_term_ = 0;
  std::optional<std::uint64_t> settings_;
  debt elected_;
  debt changed_;
  debt deposed_;
  std::optional<hook> running_;
  bool owed_anew_ = false;  // the running hook, since it began
};

}  // namespace tenure::sidecar
