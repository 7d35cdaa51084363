// An engine on the real machine: its clock, its timers, its network.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <tenure/elections.hpp>

namespace tenure::impl {

std::shared_ptr<engine> make_engine(boost::asio::any_io_executor executor, consul_config config,
                                       elections_options options);

}  // namespace tenure::impl
