// A ledger store that makes one of the mistakes that the simulation must find.
#pragma once

#include <memory>
#include <tenure/elections.hpp>

#include "cron_sim/mistake.hpp"
#include "tenure-cron/ledger/consul_ledger_store.hpp"
#include "tenure-cron/schedule/wall_clock.hpp"

namespace tenure::cron_sim {

class mistaken_store final : public cron::ledger_store {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  /// `all` and `clock` must outlive it.
  mistaken_store(elections& all, cron::wall_clock& clock, mistake made)
      : all_(all), clock_(clock), honest_(all), made_(made) {}

  awaitable<std::vector<cron::ledger_entry>> read(std::vector<std::string> keys) override;
  awaitable<std::vector<cron::ledger_entry>> list(std::string prefix) override;
  awaitable<cron::write_outcome> write(term leading, leader_writes writes) override;

 private:
  void spoil(std::vector<cron::ledger_entry>& read) const;
  awaitable<void> write_unguarded(leader_writes writes);
  awaitable<void> set(std::string key, std::string value);

  elections& all_;
  cron::wall_clock& clock_;
  cron::consul_ledger_store honest_;
  const mistake made_;
};

}  // namespace tenure::cron_sim
