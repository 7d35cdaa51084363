// All of the election library: elections, semaphores, settings, observers, metrics. The components
// of the package (embedded agent, testing, spdlog, toolkit) have separate headers.
#pragma once

#include <tenure/acl_policy.hpp>
#include <tenure/agent_services.hpp>
#include <tenure/bad_configuration.hpp>
#include <tenure/candidacy.hpp>
#include <tenure/consul_access.hpp>
#include <tenure/consul_config.hpp>
#include <tenure/consul_connections.hpp>
#include <tenure/consul_tls.hpp>
#include <tenure/delegate.hpp>
#include <tenure/election.hpp>
#include <tenure/elections.hpp>
#include <tenure/elections_options.hpp>
#include <tenure/end_reason.hpp>
#include <tenure/error.hpp>
#include <tenure/event.hpp>
#include <tenure/key_error.hpp>
#include <tenure/kv.hpp>
#include <tenure/leader.hpp>
#include <tenure/leader_settings.hpp>
#include <tenure/log.hpp>
#include <tenure/metric.hpp>
#include <tenure/metrics.hpp>
#include <tenure/observer.hpp>
#include <tenure/outage_log.hpp>
#include <tenure/semaphore.hpp>
#include <tenure/sharded_key.hpp>
#include <tenure/standing.hpp>
#include <tenure/term.hpp>
#include <tenure/time.hpp>
#include <tenure/token_source.hpp>
#include <tenure/version.hpp>
