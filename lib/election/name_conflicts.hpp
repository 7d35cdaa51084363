// Other processes that use this process's name: they publish the same value in an election, or are
// members of the same name in a group. Nothing breaks, since sessions decide who leads, but
// operators and programs that compare names cannot tell the processes apart.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <tenure/log.hpp>
#include <tenure/toolkit/timers.hpp>
#include <vector>

#include "core/util/session_id.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class name_conflicts : private runtime::timer {
 public:
  enum class where : bool { leader, member };

  explicit name_conflicts(std::shared_ptr<const runtime::environment> env);
  ~name_conflicts();

  /// A session of this process. The latest few are remembered: a watch may show a lost one late.
  void add_own(const core::session_id& session);
  bool is_other(const core::session_id& session) const noexcept;

  /// Another session is seen under our name. Each session is logged once, however many elections
  /// it holds and however often it comes and goes, until the conflict is over.
  void begin(where seen, const core::session_id& other, std::span<const log_field> who);
  /// It is not seen any more, in one place where it was. The conflict is over after ten seconds in
  /// which no other session is seen anywhere.
  void end(where seen) noexcept;
  /// At the end of the shut-down: from now on no timer waits.
  void stop() noexcept;

 private:
  void over() noexcept;

  std::shared_ptr<const runtime::environment> env_;
  std::vector<core::session_id> own_;
  std::vector<core::session_id> reported_;
  std::size_t open_ = 0;
  bool stopped_ = false;
};

}  // namespace tenure::impl
