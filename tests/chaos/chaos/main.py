"""The command line of `./dev chaos`."""

import argparse
import os
import random
import shutil
import signal
import sys

EXIT_USAGE, EXIT_UNAVAILABLE, EXIT_SKIPPED = 64, 69, 77


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print(f"chaos: {message} (see --help)", file=sys.stderr)
        sys.exit(EXIT_USAGE)


def arguments():
    parser = Parser(prog="./dev chaos",
                    description="Runs tenure's programs on three replicas with three Consul"
                                " servers, under faults, and checks what it promises.")
    parser.add_argument("--minutes", type=float, metavar="M",
                        help="how long the faults last (default: 2, or TENURE_CHAOS_MINUTES;"
                             " of --soak: 30)")
    parser.add_argument("--seed", type=int, metavar="N", help="repeats the faults of a run")
    parser.add_argument("--consul", metavar="PATH", help="the consul program (default: on PATH)")
    parser.add_argument("--elections", type=int, metavar="N",
                        help="of chaos_replica (default: 100 a core, at most 400; of --soak:"
                             " 10000)")
    parser.add_argument("--folder", metavar="FOLDER",
                        help="for the report and what the programs wrote"
                             " (default: build/chaos/SEED)")
    parser.add_argument("--self-test", action="store_true",
                        help="plant a mistake of each kind, and see that each is found")
    parser.add_argument("--soak", action="store_true",
                        help="10,000 elections without faults, with churn and new servers")
    parser.add_argument("--programs", metavar="NAME,...", help="only these programs")
    parser.add_argument("--skip", action="store_true", help=argparse.SUPPRESS)  # for ctest
    parser.add_argument("--build", default="build/release", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.minutes is None:
        usual = "30" if chosen.soak else "2"
        chosen.minutes = float(os.environ.get("TENURE_CHAOS_MINUTES", usual))
    return chosen


def interrupt(number, _frame):
    """Exits by an exception, so that everything is stopped."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def unavailable(chosen):
    """What is missing, in a line; empty if nothing is."""
    if chosen.minutes <= 0:
        return "--minutes must be positive"
    program = chosen.consul or os.environ.get("TENURE_CONSUL") or "consul"
    if shutil.which(program) is None:
        return f"there is no program '{program}' (./dev setup installs Consul)"
    if shutil.which("openssl") is None:
        return "the openssl command is missing, which makes the certificates"
    return ""


def main():
    chosen = arguments()
    missing = unavailable(chosen)
    if missing:
        print("chaos: " + missing, file=sys.stderr)
        in_ci = os.environ.get("CI") in ("true", "1")
        return EXIT_SKIPPED if chosen.skip and not in_ci else EXIT_UNAVAILABLE
    build = os.path.abspath(chosen.build)
    os.environ["TENURE_BUILD"] = build
    if chosen.consul:
        os.environ["TENURE_CONSUL"] = os.path.abspath(chosen.consul)
    from . import network
    network.enter()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    return play(chosen, build)


def play(chosen, build):
    # They read TENURE_BUILD on import.
    from . import curves, faults, report, self_test, soak, timeline
    from .progress import Progress
    from .run import Run
    from .sizes import Sizes
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(1000000)
    seconds = self_test.SECONDS if chosen.self_test else chosen.minutes * 60
    folder = chosen.folder or os.path.join(os.path.dirname(build), "chaos",
                                           "soak" if chosen.soak else str(seed))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder, mode=0o700)
    names = chosen.programs.split(",") if chosen.programs else list(faults.PROGRAMS)
    sizes = Sizes(names, chosen.elections or (soak.ELECTIONS if chosen.soak else None))
    run = Run(os.path.abspath(folder), seed, seconds, sizes, Progress())
    draw = timeline.draw
    try:
        if chosen.self_test:
            self_test.run(run)
            return self_test.judge(run)
        if chosen.soak:
            draw = curves.draw
            soak.run(run)
        else:
            run.play()
    finally:
        run.close()
    return report.tell(run, run.figures, draw)
