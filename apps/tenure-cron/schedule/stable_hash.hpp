// A hash that is the same on all machines and in all versions: schedules follow from it.
#pragma once

#include <cstdint>
#include <string_view>

namespace tenure::cron {

/// FNV-1a, with a finish that spreads short texts. It must never change.
constexpr std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t h = 14695981039346656037u;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211u;
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdu;
  return h ^ (h >> 33);
}

}  // namespace tenure::cron
