// What is behind tenure::kv: reads and conditional writes of keys that are no elections.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tenure/kv.hpp>
#include <vector>

#include "consul/types.hpp"

namespace tenure::impl {

struct context;

// For each see the function of that name in tenure::kv.
boost::asio::awaitable<std::optional<stored_key>> read_key(std::shared_ptr<context> shared,
                                                           std::string key);
boost::asio::awaitable<std::vector<stored_key>> read_keys(std::shared_ptr<context> shared,
                                                          std::vector<std::string> keys);
boost::asio::awaitable<stored_keys> list_keys(std::shared_ptr<context> shared, std::string prefix);
boost::asio::awaitable<stored_keys> watch_keys(std::shared_ptr<context> shared, std::string prefix,
                                               std::uint64_t index, duration wait);
boost::asio::awaitable<bool> write_key(std::shared_ptr<context> shared, consul::txn_op what);
boost::asio::awaitable<bool> remove_key(std::shared_ptr<context> shared, std::string key,
                                        std::uint64_t index);

}  // namespace tenure::impl
