// The addresses of the HTTP face, and what is answered there.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/transport.hpp"
#include "sidecar/board.hpp"
#include "sidecar/http_config.hpp"
#include "sidecar/streams.hpp"
#include "wire/http_server.hpp"

namespace tenure::sidecar {

/// What is served at an address. All of it at one, or probes and metrics elsewhere.
class duties {
 public:
  bool app = false;
  bool probe = false;
  bool metrics = false;
};

/// How many requests were answered, and how.
class http_sums {
 public:
  std::map<unsigned, std::uint64_t> by_class;  ///< 2 for 2xx, ...
};

class http_site {
 public:
  http_site(const http_config& config, boost::asio::any_io_executor executor,
            runtime::timers& timers);
  http_site(const http_site&) = delete;
  http_site& operator=(const http_site&) = delete;
  ~http_site();

  /// `duty`: what is served at this address. Throws boost::system::system_error.
  void listen(const std::string& address, duties duty);
  /// What was really listened on: where port 0 was asked for, the one that was chosen.
  std::vector<std::string> addresses() const;

  board_entry& add(standing_election& e, const election_terms& terms);
  void update(board_entry& e);
  /// From now on it is not ready.
  void begin_to_end() noexcept { ending_ = true; }
  /// Takes nothing new; streams get their last state and end.
  void stop();
  std::size_t connections() const noexcept;

 private:
  class door;
  class asked;
  class lease_tick;

  void answer(door& at, std::uint64_t id, const asked& what);
  void answer_app(door& at, std::uint64_t id, const asked& what);
  void answer_election(door& at, std::uint64_t id, const asked& what, board_entry& e,
                       std::string_view rest);
  void subscribe(door& at, std::uint64_t id, const asked& what, board_entry& e);
  void feed(door& at, std::uint64_t id, const asked& what);
  void send(door& at, std::uint64_t id, unsigned status, std::string type, std::string body,
            std::vector<std::pair<std::string, std::string>> more = {});
  void refuse(door& at, std::uint64_t id, unsigned status, const std::string& why);
  board_entry* default_election(std::string& why);
  std::string metrics() const;
  void wake_some();
  void tick();

  const http_config config_;
  boost::asio::any_io_executor executor_;
  runtime::timers& timers_;
  board board_;
  http_sums sums_;
  std::set<feed_stream*> feeds_;
  std::vector<std::unique_ptr<door>> doors_;
  std::unique_ptr<lease_tick> tick_;
  /// Who has news and has not been told so: of each change of an election, all who listened.
  std::deque<std::vector<subscription>> to_wake_;
  bool waking_ = false;
  bool ending_ = false;
};

}  // namespace tenure::sidecar
