// What the subcommands about groups read before they act.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <tenure/elections.hpp>

namespace tenure::apps {

bool has_member(const group_report& group, const std::string& name);
/// Whether all members of that name say that they lead nothing. Also if there is none.
bool is_idle(const group_report& group, const std::string& name);
/// How many elections the members of that name lead.
std::size_t led_by(const group_report& group, const std::string& name);
/// Prints that there is no such member, and which there are.
void print_no_member(const char* program, const group_report& group, const std::string& name);

/// The group of an election: `prefix`, or where that is empty the one of the nearest folder above
/// the key that has members, pins or drains. Nothing found: the prefix of the report is empty.
boost::asio::awaitable<group_report> group_of_key(elections& all, std::string key,
                                                  std::string prefix);
/// Prints that group_of_key() found no group.
void print_no_group(const char* program, const std::string& key);

/// Whether anybody has led the election so far, or the token may not see that.
boost::asio::awaitable<bool> may_exist(elections& all, std::string key);
/// "no election KEY is seen": for may_exist() that returned false.
std::string not_seen(const std::string& key);

/// "1 election", "2 elections".
std::string count_of_elections(std::size_t count);

}  // namespace tenure::apps
