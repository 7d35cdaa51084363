#include "sidecar/config/guarantee.hpp"

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

duration span_for(duration guarantee, candidacy how) {
  const auto enough = [&](std::chrono::seconds span) {
    return steady_guarantee(how.span(span)) >= guarantee;
  };
  auto few = std::chrono::ceil<std::chrono::seconds>(how.span());
  if (enough(few)) return few;
  auto many = few * 2;
  while (!enough(many)) many *= 2;
  while (many - few > std::chrono::seconds(1)) {
    const auto middle = few + (many - few) / 2;
    (enough(middle) ? many : few) = middle;
  }
  return many;
}

std::string guarantee_error(duration guarantee, const candidacy& how) {
  const duration steady = steady_guarantee(how);
  if (guarantee <= steady) return {};
  const duration lease = how.lease();
  return apps::to_text(guarantee) + " cannot be promised with a span of " +
         apps::to_text(how.span()) + ": a lease of " + rounded(lease) + " less " +
         rounded(lease - steady) + " between proofs is " + rounded(steady) +
         "; choose span: " + apps::to_text(span_for(guarantee, how)) + " or a shorter guarantee";
}

}  // namespace tenure::sidecar
