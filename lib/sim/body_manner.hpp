// How a body answers a request to hand its election over, and what operators wish of a group.
#pragma once

#include <string>
#include <tenure/toolkit/async_condition.hpp>
#include <utility>

#include "sim/host.hpp"
#include "sim/scenario.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

enum class body_manner : std::uint8_t {
  soon,
  at_safe_point,  ///< it looks for a request between two steps of its work only
  late,           ///< perhaps later than the limit
  never,          ///< until the faults are over
};

/// The answer of one body, shared with the task that waits for the request.
class body_answer {
 public:
  body_answer(host& h, body_manner its_manner) : manner(its_manner), changed(h) {}
  static body_manner draw(world& w, const scenario& s) {
    if (w.chance_of(s.groups.ignores)) return body_manner::never;
    if (w.chance_of(s.groups.late)) return body_manner::late;
    return w.chance_of(0.3) ? body_manner::at_safe_point : body_manner::soon;
  }

  /// Whether the body ends after this step of its work.
  bool ends(bool wanted) const noexcept {
    return given || (wanted && manner == body_manner::at_safe_point);
  }

  const body_manner manner;
  bool given = false;  ///< the body ends
  runtime::async_condition changed;
};

/// What an operator asks for through the library's calls.
class group_wish {
 public:
  enum class what : std::uint8_t { drain, undrain, pin, unpin };
  group_wish(what its_kind, std::string group, std::string its_key, std::string its_member)
      : kind(its_kind),
        prefix(std::move(group)),
        key(std::move(its_key)),
        member(std::move(its_member)) {}

  what kind;
  std::string prefix, key, member;
};

}  // namespace tenure::sim
