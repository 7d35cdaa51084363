// What participants with equal candidacies share: most programs enter all their elections with one
// candidacy.
#pragma once

#include <memory>
#include <tenure/candidacy.hpp>
#include <utility>

#include "core/candidate/candidate.hpp"
#include "election/context.hpp"
#include "election/group/group_seats.hpp"

namespace tenure::impl {

struct profile {
  profile(std::shared_ptr<context> its_context, candidacy its_how,
          std::shared_ptr<group_seats> its_group = nullptr)
      : shared(std::move(its_context)),
        how(std::move(its_how)),
        rules(core::lease_rules(how.span(), how.stop_budget()), how.lock_delay(),
              how.behavior() == session_behavior::remove),
        group(std::move(its_group)) {}

  const std::shared_ptr<context> shared;
  const candidacy how;
  const core::candidate_rules rules;
  /// The group through which they were entered; null: none.
  const std::shared_ptr<group_seats> group;
};

}  // namespace tenure::impl
