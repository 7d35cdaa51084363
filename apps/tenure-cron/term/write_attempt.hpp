// One transaction that stores the document of a job.
#pragma once

#include <cstdint>
#include <string>
#include <tenure/term.hpp>
#include <vector>

namespace tenure::cron {

/// It is sent again as it is after a lost answer: whichever copy lands first, Consul refuses the
/// other, because both expect the same index.
class write_attempt {
 public:
  leader_writes writes;
  std::string text;              ///< of the document
  std::uint64_t expected = 0;    ///< index that the document must have
  std::vector<std::string> claims;  ///< runs that it claims, by id
  std::vector<std::string> orders;  ///< whose keys it removes, by id
  std::size_t pages = 0;            ///< sealed pages that it stores
  std::uint64_t first_page = 1;     ///< of the document

  /// Whether the document is all that it stores.
  bool plain() const noexcept { return claims.empty() && orders.empty() && pages == 0; }
};

enum class write_verdict {
  done,
  again,    ///< the same attempt may be sent again
  rebuild,  ///< what is stored, or what was asked for, has changed: make another attempt
  over      ///< the term is over
};

}  // namespace tenure::cron
