// What a KEY is: the key of an election, the prefix of a lock, a semaphore or a group, or a folder
// of elections.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tenure/acl_policy.hpp>
#include <vector>

#include "tenure/doctor/asker.hpp"
#include "tenure/doctor/report.hpp"
#include "tenure/doctor/rights.hpp"

namespace tenure::doctor {

enum class subject_kind : std::uint8_t { election, semaphore, group, folder };

struct subject {
  subject_kind kind = subject_kind::election;
  std::string key;                  ///< of the election; the prefix of the others
  std::optional<stored_key> entry;  ///< of the election; nothing: it does not exist
  std::vector<stored_key> below;    ///< the elections in the folder
  std::uint64_t slots = 0;          ///< of the semaphore; 0: its next holder decides
  std::string group;                ///< the group that the election is in; empty: none is seen
  bool readable = true;             ///< false: the report says why the key cannot be read

  /// The rules that a candidate for it, or a member, needs; after them those that are enough for
  /// an operator who only reads it.
  std::vector<needed_rights> wanted() const;
};

/// Reads the keys that show it.
subject find_subject(report& out, asker& ask, const std::string& key);

/// Who holds the election, and why no candidate leads it yet.
void check_election(report& out, asker& ask, const subject& what);
/// Its slots and contenders.
void check_semaphore(report& out, asker& ask, const subject& what);
/// How many slots the document of a semaphore allows; 0: it says nothing.
std::uint64_t slots_in(const std::string& document);
/// Its members, drains and pins.
void check_group(report& out, asker& ask, const subject& what);
/// Which elections lie in it.
void check_folder(report& out, const subject& what);
/// The group above an election or a folder, if there is one.
void report_group_of(report& out, const subject& what);

/// The flags that a program of consul/api, or tenure, gives the keys of its locks and semaphores.
inline constexpr std::uint64_t lock_flags = 0x2ddccbc058a50c18;
inline constexpr std::uint64_t semaphore_flags = 0xe0f69a2baa414de0;

}  // namespace tenure::doctor
