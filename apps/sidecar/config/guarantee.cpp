#include "sidecar/config/guarantee.hpp"

#include <algorithm>
#include <chrono>

#include "common/duration.hpp"

namespace tenure::sidecar {
namespace {

std::string rounded(duration d) {
  return apps::to_text(std::chrono::floor<std::chrono::milliseconds>(d));
}

}  // namespace

duration steady_guarantee(const candidacy& how) {
  return how.lease() - how.proof_interval();
}

std::optional<duration> span_for(duration guarantee, candidacy how) {
  using std::chrono::seconds;
  constexpr seconds longest = std::chrono::hours(24);
  const auto enough = [&](seconds span) {
    return steady_guarantee(how.span(span)) >= guarantee;
  };
  seconds few = std::clamp(std::chrono::ceil<seconds>(how.span()), seconds(1), longest);
  if (enough(few)) return few;
  seconds many = longest;
  if (!enough(many)) return std::nullopt;
  while (many - few > seconds(1)) {
    const auto middle = few + (many - few) / 2;
    (enough(middle) ? many : few) = middle;
  }
  return many;
}

std::string guarantee_error(duration guarantee, const candidacy& how) {
  const duration steady = steady_guarantee(how);
  if (guarantee <= steady) return {};
  const duration lease = how.lease();
  const std::optional<duration> span = span_for(guarantee, how);
  return apps::to_text(guarantee) + " cannot be promised with a span of " +
         apps::to_text(how.span()) + ": a lease of " + rounded(lease) + " less " +
         rounded(lease - steady) + " between proofs is " + rounded(steady) +
         (span ? "; choose span: " + apps::to_text(*span) + " or a shorter guarantee"
               : "; choose a shorter guarantee: no span allows this one");
}

}  // namespace tenure::sidecar
