// The ledger's reads and writes in the Consul of an elections object.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/elections.hpp>
#include <vector>

#include "tenure-cron/ledger/ledger_store.hpp"

namespace tenure::cron {

/// For all lanes of a tenant. Reads of many lanes that begin in one turn of the loop share their
/// requests; the library does the same with writes. `all` must outlive it.
class consul_ledger_store final : public ledger_store {
 public:
  explicit consul_ledger_store(elections& all) noexcept : all_(all) {}
  consul_ledger_store(const consul_ledger_store&) = delete;
  consul_ledger_store& operator=(const consul_ledger_store&) = delete;

  boost::asio::awaitable<std::vector<ledger_entry>> read(std::vector<std::string> keys) override;
  boost::asio::awaitable<std::vector<ledger_entry>> list(std::string prefix) override;
  boost::asio::awaitable<write_outcome> write(term leading, leader_writes writes) override;

 private:
  class shared_read;
  static boost::asio::awaitable<void> carry_out(std::shared_ptr<shared_read> what,
                                                tenure::kv access);
  static boost::asio::awaitable<void> wait_for(std::shared_ptr<shared_read> what);
  void begin_soon(std::shared_ptr<shared_read> what, tenure::kv access);

  elections& all_;
  // Those who wait for them own them, and so what they have read.
  std::weak_ptr<shared_read> next_read_;  // takes more keys until it begins
  std::weak_ptr<shared_read> next_list_;
};

}  // namespace tenure::cron
