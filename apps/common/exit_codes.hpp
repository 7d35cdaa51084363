// How the programs end, after sysexits.h where it has a name for it.
#pragma once

namespace tenure::apps {

inline constexpr int exit_ok = 0;
inline constexpr int exit_no_leader = 1;     ///< `tenure leader`, `tenure depose`: nobody leads
inline constexpr int exit_usage = 64;        ///< arguments or files that cannot work
inline constexpr int exit_unavailable = 69;  ///< Consul is out of reach, or refuses us
inline constexpr int exit_lost = 70;         ///< leadership was lost while the command ran
inline constexpr int exit_machine = 71;      ///< this machine lacks something: memory, descriptors
inline constexpr int exit_not_elected = 75;  ///< not elected in time

}  // namespace tenure::apps
