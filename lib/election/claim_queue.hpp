// Claims on their way to the server: wanted acquisitions and releases of all elections, carried in
// transactions of as many as Consul takes. A transaction happens as a whole or not at all, so what
// the server names as refused is taken out, and the rest is sent again at once.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consul/client.hpp"
#include "core/bursts.hpp"
#include "runtime/services.hpp"
#include "runtime/task_scope.hpp"

namespace tenure::impl {

class record;

/// One key's part in a transaction: what must be so, and what to do then.
class claim {
 public:
  enum class kind : std::uint8_t { acquire, release };
  claim(kind k, consul::txn_op wanted) : what(k), act(std::move(wanted)) {}

  kind what;
  bool clean = false;  ///< a release: with nothing left in the key
  std::optional<consul::txn_op> guard;
  consul::txn_op act;
};

enum class claim_result : std::uint8_t {
  done,     ///< carried out
  refused,  ///< nothing happened, and `why` says why
  failed,   ///< nothing happened, and `error` says why
  unknown,  ///< the answer was lost: it may happen, or have happened
};

class claim_outcome : public consul::answer_base {
 public:
  claim_result what = claim_result::failed;
  consul::txn_failure why = consul::txn_failure::other;
  consul::kv_entry written;  ///< the key as it is now, without its value
};

class claim_queue : public std::enable_shared_from_this<claim_queue> {
 public:
  /// At most `lanes` transactions at a time: what does not come in bulk finds room beside them.
  claim_queue(std::shared_ptr<const runtime::services> services, consul::client& client,
              runtime::task_scope& tasks, std::size_t lanes);
  claim_queue(const claim_queue&) = delete;
  claim_queue& operator=(const claim_queue&) = delete;

  /// What `whose` wants is asked for when its transaction is made (record::make_claim), and the
  /// outcome is told to record::claim_done. Both happen in later turns of the loop.
  void add(std::shared_ptr<record> whose, claim::kind what);
  /// Sends what is there, as far as there are lanes, without waiting for what else this turn of the
  /// loop may bring.
  void send();
  /// Sends nothing any more, and forgets what was not sent.
  void stop();

 private:
  class wish {
   public:
    std::shared_ptr<record> whose;
    claim::kind what = claim::kind::acquire;
    bool alone = false;  ///< in company it failed for a reason that named nobody
  };
  class item {
   public:
    item(std::shared_ptr<record> r, claim c) : whose(std::move(r)), what(std::move(c)) {}
    std::shared_ptr<record> whose;
    claim what;
  };
  class batch;
  class place;
  /// Whether this server takes more operations in a transaction than every Consul does.
  enum class more_operations : std::uint8_t { untold, asking, taken, refused };

  void send_soon();
  void nothing_to_do(const wish& w);
  std::vector<wish> next_wishes();
  void learn_limit(const consul::txn_done& answer);
  boost::asio::awaitable<void> carry(std::shared_ptr<batch> what);
  void take_out(batch& from, const consul::txn_done& answer);
  void tell_all(batch& what, const consul::txn_done& answer, claim_result result);
  void tell_done(batch& what, const consul::txn_done& answer);
  void again(batch& what, bool alone);

  std::shared_ptr<const runtime::services> services_;
  consul::client& client_;
  runtime::task_scope& tasks_;
  core::bursts<wish> releases_;
  core::bursts<wish> acquisitions_;
  std::size_t free_;
  more_operations more_ = more_operations::untold;
  bool sending_soon_ = false;
  bool stopped_ = false;
};

}  // namespace tenure::impl
