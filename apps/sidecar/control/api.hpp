// The requests of the control socket: HTTP with small JSON bodies.
//
//   GET /v1/elections                              {"elections":["db",...]}
//   GET /v1/is-leader?election=db&guarantee_ms=30000[&hook=NAME]   {"leader":true}
//   GET /v1/settings?election=db[&snapshot=17]      {"index":17,"values":{"k":"v"}}
//   PUT /v1/settings?election=db[&snapshot=17]  {"k":"v","gone":""}  {}
//
// `hook` is the hook that asks: leader-deposed and leader-settings-changed always get false.
// With a single election its name is optional. An error is {"error":"..."}: 400 for the request,
// 404 for an unknown election or snapshot, 409 for a process that does not lead, 422 for a
// guarantee that cannot be given, 503 for Consul.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>
#include <tenure/leader_settings.hpp>
#include <tenure/toolkit/http_message.hpp>

#include "common/http/request.hpp"
#include "sidecar/control/control_election.hpp"
#include "sidecar/main/context.hpp"

namespace tenure::sidecar {

using apps::request;

class control_api {
 public:
  explicit control_api(context& with) : context_(with) {}

  void add(std::string name, std::shared_ptr<control_election> election) {
    elections_.emplace(std::move(name), std::move(election));
  }
  void remove(const std::string& name) { elections_.erase(name); }
  /// The response to a request, errors included. Throws only when cancelled.
  boost::asio::awaitable<runtime::http_response> serve(request what);

 private:
  boost::asio::awaitable<runtime::http_response> route(request what);
  runtime::http_response list() const;
  boost::asio::awaitable<runtime::http_response> is_leader(request what);
  boost::asio::awaitable<runtime::http_response> read_settings(request what);
  boost::asio::awaitable<runtime::http_response> write_settings(request what);
  boost::asio::awaitable<void> store(leader_settings& where, term by,
                                     leader_settings::changes changes);
  std::shared_ptr<control_election> election_of(const request& what) const;
  leader_settings& settings_of(control_election& which);

  context& context_;
  std::map<std::string, std::shared_ptr<control_election>, std::less<>> elections_;
  std::map<std::string, leader_settings> settings_;  // by their keys
};

}  // namespace tenure::sidecar
