// What one election, one request or one key costs, for tenure plan. Made by
// bench/constants from bench/results: do not edit. Measured on:
//
// 2 cores of Intel(R) Xeon(R) Processor, 24 GiB; Linux 6.18.44-fc-v669; Consul 1.8.7; c++ (Debian
// 12.2.0-14+deb12u1) 12.2.0; go-lock v1.34.5; etcd v3.6.5; curator 5.9.0; shell 7.88.1; tenure
// 4d743ad7-dirty; 2026-11-30 21:12 UTC; load 2.2 before
#pragma once

namespace tenure::plan {

/// steady: server_cpu of 10 elections
inline constexpr double server_idle_cores = 0.01709;
/// steady: (server_cpu of 100,000 - idle - lists) / proofs: a transaction of 64 keys
inline constexpr double server_proof_us = 980.1;
/// standby: server_cpu of 100,000 - of 10,000, by changes and keys of a prefix: one key in the
/// answer of a query
inline constexpr double server_list_us = 3.135;
/// standby: server_cpu of 10,000, without the lists: one write, and one watcher's answer
inline constexpr double server_change_us = 2579;
/// steady: cpu of 100,000 / proofs: all that a process does for a transaction of 64 keys
inline constexpr double client_proof_us = 308.6;
/// steady: rss_per_election of 10,000, its key and value not included
inline constexpr double client_bytes = 1122;
/// steady: server_rss_per_election of 100,000
inline constexpr double server_bytes = 3331;
/// Where they were measured.
inline constexpr const char* measured_on =
    "2 cores of Intel(R) Xeon(R) Processor, 24 GiB; Consul 1.8.7; 2026-11-30 21:12 UTC";

}  // namespace tenure::plan
