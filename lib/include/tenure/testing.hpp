// Unit tests of leader code: the whole system in virtual time, in one thread, without a network.
//
//     tenure::testing::world world;
//     tenure::testing::process& a = world.add_process();
//     job_runner runner(a.elections());              // your code
//     auto running = a.spawn(runner.run());
//     world.run_for(10s);                            // ten virtual seconds, some real milliseconds
//     world.expire_holder("jobs/leader");
//     CHECK(world.run_until([&] { return runner.idle(); }, 1s));
//
// A world has one Consul, the embedded agent, and any number of processes. Time passes only in the
// members of the world, of a process and of a task that run coroutines, and jumps from timer to
// timer. A seed decides everything that is random: the same test runs the same way every time.
//
// **Virtual time is the time of tenure::elections.** Your code has to read it by elections::now()
// and to wait by elections::sleep_until(). An asio::steady_timer, a thread that sleeps and the
// clocks of std::chrono follow real time, for which a world never waits: such a timer fires late or
// not at all. Nor does a world wait for sockets or thread pools.
//
// Link tenure::testing, the component `testing` of the package.
#pragma once

#include <tenure/testing/process.hpp>
#include <tenure/testing/task.hpp>
#include <tenure/testing/world.hpp>
