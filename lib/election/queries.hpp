// Reads and operator's actions that need no participant: who leads a key, who leads below a prefix,
// taking a lock from its holder.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/leader.hpp>
#include <vector>

namespace tenure::impl {

struct context;

// For each see the function of that name in tenure::elections.
boost::asio::awaitable<leader> leader_of(std::shared_ptr<context> shared, std::string key);
boost::asio::awaitable<std::vector<leader>> leaders(std::shared_ptr<context> shared,
                                                    std::string prefix);
boost::asio::awaitable<leader> depose(std::shared_ptr<context> shared, std::string key);
boost::asio::awaitable<void> ping(std::shared_ptr<context> shared);

}  // namespace tenure::impl
