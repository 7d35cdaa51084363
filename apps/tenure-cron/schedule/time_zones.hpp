// The time zones of this machine's tz database.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "tenure-cron/schedule/zone.hpp"

namespace tenure::cron {

/// A time zone that this machine does not know. what() names it and the remedy.
class bad_zone : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A zone and the name that people call it by.
class named_zone {
 public:
  named_zone(std::string n, std::shared_ptr<const zone> z)
      : name(std::move(n)), where(std::move(z)) {}

  std::string name;
  std::shared_ptr<const zone> where;
};

/// A name of the IANA tz database, as in Europe/Berlin, or UTC. Throws bad_zone.
named_zone find_zone(std::string_view name);

/// The zone in which schedules are read that name none: the variable CRON_TZ, else TZ, else
/// /etc/localtime, else UTC. TZ may hold a name, a path below a zoneinfo folder or a POSIX rule
/// such as CET-1CEST,M3.5.0,M10.5.0/3. Throws bad_zone: a zone that is asked for and missing is
/// never read as UTC.
named_zone default_zone();

}  // namespace tenure::cron
