#include "election/acquisition/recipient_ops.hpp"

#include <iterator>

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

void recipients_of_batch::add(const lock_op& op) {
  if (!op.member_key.empty()) members_[op.member_key] = op.then->session;
  if (!op.note) return;
  notice& one = notices_[op.note->prefix];
  one.holder = op.act.session;
  const std::uint64_t guard = op.guard ? op.guard->index : 0;
  one.keys.push_back({op.act.key, guard, op.note->create_index, op.note->lock_index});
}

void recipients_of_batch::append_checks(std::vector<consul::txn_op>& ops) const {
  for (const auto& [key, session] : members_) {
    ops.push_back(consul::txn_op::check_session(key, session));
  }
}

refused_recipients recipients_of_batch::refused(const std::vector<consul::txn_error>& failures,
                                                std::size_t first) const {
  refused_recipients all;
  for (const consul::txn_error& failure : failures) {
    if (failure.op_index < first || failure.op_index - first >= members_.size()) continue;
    const auto which = std::next(members_.begin(),
                                 static_cast<std::ptrdiff_t>(failure.op_index - first));
    all.emplace(which->first, &failure);
  }
  return all;
}

void recipients_of_batch::append_notices(std::vector<consul::txn_op>& ops,
                                         notice_writer& writer) const {
  if (notices_.empty()) return;
  const std::uint64_t number = writer.next();
  for (const auto& [prefix, notice] : notices_) {
    // Different holders write different keys.
    const std::string key = prefix + notice.holder + "." + std::to_string(number % most_notices);
    ops.push_back(consul::txn_op::set(key, core::notice_text(notice.keys)));
    // Another value each time: the same one again would leave the index.
    ops.push_back(consul::txn_op::set(core::seal_of(key), std::to_string(number)));
  }
}

}  // namespace tenure::impl
