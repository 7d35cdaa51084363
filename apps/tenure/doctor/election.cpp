// Who holds an election, and why no candidate leads it yet.
#include <algorithm>
#include <cstdio>

#include "common/duration.hpp"
#include "tenure/doctor/session.hpp"
#include "tenure/doctor/subject.hpp"

namespace tenure::doctor {
namespace {

// What a candidate writes into a missing key while a lock-delay runs.
constexpr const char* placeholder = "no leader";
constexpr const char* start_one =
    "a running candidate leads at once: start one, or read the log of the one that runs "
    "(a missing right, a pause after refused claims, a group whose plan names another member)";

std::string hex(std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
  return text;
}

std::string shown(const std::string& value) {
  constexpr std::size_t most = 60;
  const std::string line = value.substr(0, most);
  return '"' + line + (value.size() > most ? "...\"" : "\"");
}

std::string holder_named(const std::string& value) {
  return value.empty() ? "a holder without a value" : shown(value);
}

void check_flags(report& out, const stored_key& entry) {
  if (entry.flags == semaphore_flags) {
    out.problem("flags", entry.key + " is part of a semaphore of consul/api, not an election",
                "give the prefix of the semaphore: tenure doctor PREFIX");
  } else if (entry.flags != lock_flags) {
    out.warning("flags",
                "another program wrote the key: its flags are " + hex(entry.flags) +
                    ", those of locks " + hex(lock_flags),
                "consul lock refuses such a key; a candidate of tenure claims it, and writes the "
                "flags of locks. Is it the right key?");
  }
}

void check_free(report& out, const stored_key& entry) {
  // As a candidate takes it that sees the key for the first time.
  const bool never_held = entry.lock_index == 0;
  if (entry.value.empty() && (never_held || entry.flags == lock_flags)) {
    out.warning("key", never_held ? "free, without a value: no session has held it"
                                  : "free: its last holder released it cleanly", start_one);
    return;
  }
  if (entry.value == placeholder && entry.flags == lock_flags) {
    out.warning("key",
                "free: a candidate waits for the lock-delay of the last holder, whose session "
                "deleted the key when it ended",
                "Consul refuses claims for that time, 60 s at most; then one span (15 s by "
                "default) passes. No request shows when it began");
    return;
  }
  if (never_held) {
    // Not a candidate's: it may be a secret.
    out.warning("key",
                "free, with a value of " + std::to_string(entry.value.size()) +
                    " bytes that was put there without a lock",
                "a candidate that starts leads one span later (15 s by default): a leader may have "
                "held the key before it was written. Delete the value, if none has");
    return;
  }
  out.warning("key",
              "free, but not released cleanly: " + holder_named(entry.value) +
                  " held it and died, lost its session, or was deposed",
              "a candidate leads one span after it saw the key free (15 s by default, the larger "
              "one of the two), and not before Consul's lock-delay is over (the span as well, 60 s "
              "at most), which no request shows. Still free after 75 s: no candidate runs");
}

void check_held(report& out, asker& ask, const stored_key& entry) {
  const std::string who = "held by " + holder_named(entry.value) + ", fence " +
                          std::to_string(entry.modify_index);
  const auto held = read_session(ask, entry.session);
  if (!held) {
    out.unknown("key", who + ", session " + entry.session +
                           ", which has just ended or which the token may not read",
                "session_prefix \"\" { policy = \"read\" } shows it");
    return;
  }
  if (held->span > duration{0}) {
    out.ok("key", who + "; if it dies, a successor leads one span (" + apps::to_text(held->span) +
                      ") after Consul ends its session. A new holder that did not see a clean "
                      "release waits up to one span (quarantine) before it acts. Consul does not "
                      "store since when it is held");
  } else {
    const std::string program =
        held->name.starts_with("Consul API Lock") || entry.key.ends_with("/.lock")
            ? "consul lock or another program of consul/api"
            : "a program that is not tenure's";
    out.warning("key", who + " by " + program + ": its session names no span",
                "its successor waits its own span only: all candidates should be tenure's, or "
                "have the same span as that program's work needs to stop");
  }
  check_session(out, ask, *held);
}

}  // namespace

void check_election(report& out, asker& ask, const subject& what) {
  if (!what.readable) return;
  if (!what.entry) {
    out.warning("key",
                "there is no key " + what.key +
                    ": no candidate has claimed it, it was deleted, or its holder's session "
                    "deleted it",
                start_one);
  } else {
    check_flags(out, *what.entry);
    if (what.entry->flags == semaphore_flags) return;
    if (what.entry->session.empty()) {
      check_free(out, *what.entry);
    } else {
      check_held(out, ask, *what.entry);
    }
  }
  report_group_of(out, what);
}

void report_group_of(report& out, const subject& what) {
  if (what.group.empty()) return;
  out.ok("group", "in the group " + what.group + ", whose plan decides which member leads: "
                      "tenure doctor " + what.group);
}

}  // namespace tenure::doctor
