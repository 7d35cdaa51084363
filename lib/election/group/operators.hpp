// What operators ask of a group. No membership is needed: an operator's wishes are keys, see
// group_view.hpp.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/group.hpp>

namespace tenure::impl {

struct context;

// For each see the function of that name in tenure::elections.
boost::asio::awaitable<group_report> group_of(std::shared_ptr<context> shared, std::string prefix);
boost::asio::awaitable<void> drain(std::shared_ptr<context> shared, std::string prefix,
                                   std::string member);
boost::asio::awaitable<void> undrain(std::shared_ptr<context> shared, std::string prefix,
                                     std::string member);
boost::asio::awaitable<void> pin(std::shared_ptr<context> shared, std::string prefix,
                                 std::string key, std::string member);
boost::asio::awaitable<void> unpin(std::shared_ptr<context> shared, std::string prefix,
                                   std::string key, std::string member);

}  // namespace tenure::impl
