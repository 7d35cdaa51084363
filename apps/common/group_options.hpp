// --group, --member, --weight and --capacity: how a program joins a group of elections.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <tenure/membership.hpp>
#include <utility>

namespace tenure::apps {

/// A membership and the prefix of the group.
class group_membership {
 public:
  group_membership(std::string prefix, membership how)
      : prefix(std::move(prefix)), how(std::move(how)) {}
  std::string prefix;
  membership how;
};

class group_options {
 public:
  void add_to(CLI::App& app);

  /// What the options say; nothing without --group. `default_member`: the name without --member.
  /// Throws usage_error where an option needs --group, bad_configuration for values that cannot
  /// work.
  std::optional<group_membership> membership_with(candidacy how,
                                                  const std::string& default_member) const;
  /// For a program to which --member means something without --group, too.
  void allow_member_alone() noexcept { member_alone_ = true; }
  /// --member; empty without it.
  const std::string& member() const noexcept { return member_; }

 private:
  std::string prefix_;
  std::string member_;
  std::optional<std::uint32_t> weight_;
  std::optional<std::uint32_t> capacity_;
  bool member_alone_ = false;
};

}  // namespace tenure::apps
