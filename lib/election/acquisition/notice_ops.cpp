#include "election/acquisition/notice_ops.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

// A member has at most this many notices from another one. Its poll returns all of them, and fewer
// transactions are in flight.
constexpr std::uint64_t most_notices = 8;
constexpr duration pause_after_refusal = 1min;

}  // namespace

void notice_writer::refused(time_point now) noexcept { closed_until_ = now + pause_after_refusal; }

std::uint64_t notice_writer::next() noexcept { return next_++; }

void notices_of_batch::add(const lock_op& op) {
  if (!op.note) return;
  notice& one = by_prefix_[op.note->prefix];
  one.holder = op.act.session;
  const std::uint64_t guard = op.guard ? op.guard->index : 0;
  one.keys.push_back({op.act.key, guard, op.note->create_index, op.note->lock_index});
}

void notices_of_batch::append_to(std::vector<consul::txn_op>& ops, notice_writer& writer) const {
  if (by_prefix_.empty()) return;
  const std::uint64_t number = writer.next();
  for (const auto& [prefix, notice] : by_prefix_) {
    // Different holders write different keys.
    const std::string key = prefix + notice.holder + "." + std::to_string(number % most_notices);
    ops.push_back(consul::txn_op::set(key, core::notice_text(notice.keys)));
    // Another value each time: the same one again would leave the index.
    ops.push_back(consul::txn_op::set(core::seal_of(key), std::to_string(number)));
  }
}

}  // namespace tenure::impl
