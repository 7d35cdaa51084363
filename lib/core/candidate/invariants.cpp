// What must hold between the inputs of a candidate, and the text of a failed assertion.
#include <string_view>

#include "core/candidate/candidate.hpp"
#include "core/util/invariant.hpp"

namespace tenure::core {
namespace {

std::string_view name_of(stage s) noexcept {
  switch (s) {
    case stage::none:
      return "none";
    case stage::pending:
      return "pending";
    case stage::leading:
      return "leading";
    case stage::stopping:
      return "stopping";
    case stage::over:
      return "over";
  }
  return "?";
}

}  // namespace

std::string (*candidate::key_of_)(const candidate&) = nullptr;

void candidate::check_state() const noexcept {
  must(lease_.consistent(), "the stage of the lease fits what has happened");
  const bool acting = stage() == stage::pending || stage() == stage::leading;
  must(!acting || held_.has_value(), "who is pending or leads holds the key");
  must(stage() != stage::none || !held_, "a key that is held has a lease or is being released");
  must(!open_claim_ || !held_, "a claim is open only while the key is not ours");
  must(stage() != stage::leading || held_->fence != 0, "a term has a fence");
}

std::string candidate::describe() const {
  std::string text = "election ";
  text += key_of_ != nullptr ? key_of_(*this) : std::string("?");
  text += ", stage ";
  text += name_of(stage());
  if (working()) text += ", working";
  if (lease_.lost()) text += ", lost";
  if (wanted_) text += ", stands";
  if (busy_) text += ", a request in flight";
  if (open_claim_) text += ", a claim open at index " + std::to_string(open_claim_->terms.index);
  text += ", session " + session_.text();
  if (held_) {
    text += ", held by " + held_->session.text() + " with fence " +
            std::to_string(held_->fence) + " and guard " + std::to_string(held_->guard);
  }
  text += ", the key seen ";
  text += !history_.exists() ? "missing" : history_.held() ? "held" : "free";
  return text + " at index " + std::to_string(history_.modify_index());
}

void candidate::broken(const char* what, const std::source_location& where) const noexcept {
  invariant_failed(what, describe(), where);
}

}  // namespace tenure::core
