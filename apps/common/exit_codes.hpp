// The exit codes of the programs, after sysexits.h where it has a name for the case.
#pragma once

namespace tenure::apps {

inline constexpr int exit_ok = 0;
inline constexpr int exit_no_leader = 1;     ///< `tenure leader`, `list`, `depose`: no leader
inline constexpr int exit_no_member = 1;     ///< `tenure group`, `drain`, `pin`, `move`: no member
inline constexpr int exit_usage = 64;        ///< bad arguments or files
inline constexpr int exit_unavailable = 69;  ///< Consul is out of reach, or refuses the request
inline constexpr int exit_lost = 70;         ///< leadership was lost while the command ran
inline constexpr int exit_machine = 71;      ///< the machine is out of memory, descriptors, ...
inline constexpr int exit_not_elected = 75;  ///< not elected, drained or stopped in time

}  // namespace tenure::apps
