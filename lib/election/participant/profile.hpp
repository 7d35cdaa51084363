// How elections stand, for as many of them as stand in the same way: most programs enter thousands
// with one candidacy.
#pragma once

#include <memory>
#include <tenure/candidacy.hpp>
#include <utility>

#include "core/candidate/candidate.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class engine;

/// What the elections of an engine with equal candidacies have in common.
class profile {
 public:
  profile(std::weak_ptr<impl::engine> its_engine,
         std::shared_ptr<const runtime::environment> its_env, candidacy its_how)
      : engine(std::move(its_engine)),
        env(std::move(its_env)),
        how(std::move(its_how)),
        rules(core::lease_rules(how.span(), how.stop_budget()), how.lock_delay(),
              how.behavior() == session_behavior::remove) {}

  const std::weak_ptr<impl::engine> engine;
  const std::shared_ptr<const runtime::environment> env;
  const candidacy how;
  const core::candidate_rules rules;
};

}  // namespace tenure::impl
