"""architecture.svg: who calls whom, from a program to Consul."""
from svg import AMBER, BLUE, GREEN, GREY, PAPER, SLATE, Picture

TITLE = "Who calls whom in tenure, from a program down to Consul"


def draw() -> str:
    p = Picture(960, 744, TITLE)

    def layer(y, height, name, what):
        p.text(16, y + height / 2 - 3, name, 13, bold=True, mono=True)
        p.text(16, y + height / 2 + 14, what, 11, GREY)

    # The program and its handles.
    layer(16, 52, "your program", "one io_context thread")
    p.box(180, 16, 760, 52, SLATE, "election   semaphore   observer   leader_settings   term",
          ["handles from tenure::elections (lib/include/tenure)"])
    p.line([(560, 68), (560, 92)])

    # The engine.
    layer(92, 44, "election", "does what core decides")
    p.box(180, 92, 760, 44, BLUE, "engine", ["the participants, the event stream, shutdown"])
    p.line([(300, 136), (300, 160)])
    p.line([(560, 136), (560, 160)])
    p.line([(820, 136), (820, 160)])

    p.box(180, 160, 240, 76, BLUE, "watch_registry",
          ["who watches which key; planner: which", "blocking queries (core: range_plan)"])
    p.box(440, 160, 240, 76, BLUE, "participant",
          ["one election of this process;", "its timer inside; executes actions"])
    p.box(700, 160, 240, 76, BLUE, "term_state, body_runner",
          ["what holds() reads on any thread;", "the coroutine that lead() runs"])
    p.line([(420, 198), (440, 198)])
    p.line([(680, 198), (700, 198)])
    p.text(430, 152, "key changed", 11, GREY, "middle")
    p.text(690, 152, "begin, stop, end", 11, GREY, "middle")

    # The state machine.
    layer(272, 66, "core", "decides; no I/O, no clock")
    p.box(440, 272, 240, 66, GREEN, "candidate",
          ["state machine: every safety rule", "key_history, lease_rules"])
    p.line([(530, 236), (530, 272)])
    p.text(522, 258, "events, time", 11, GREY, "end")
    p.line([(590, 272), (590, 236)])
    p.text(598, 258, "actions", 11, GREY)

    # What carries the requests.
    p.box(180, 374, 240, 76, BLUE, "range_query, poll_slots",
          ["one blocking query per key or", "prefix; a connection for each"])
    p.box(440, 374, 240, 76, BLUE, "lock_queue",
          ["claims and releases, batched into", "transactions of 64 operations"])
    p.box(700, 374, 240, 76, BLUE, "consul_session",
          ["renews; proof_batcher: 64 keys", "per proof; liveness_check"])
    p.line([(300, 236), (300, 374)], both=True)
    p.line([(460, 236), (430, 256), (430, 356), (470, 356), (470, 374)])
    p.text(426, 352, "claim, release", 11, GREY, "end")
    p.line([(660, 236), (690, 256), (690, 356), (740, 356), (740, 374)], both=True)
    p.text(700, 350, "proofs due, proven", 11, GREY)

    # The client and the seam.
    layer(490, 44, "consul", "typed requests")
    p.box(180, 490, 760, 44, BLUE, "consul::client",
          ["paths, JSON, retries, what an error means"])
    layer(558, 44, "runtime", "the seam")
    p.box(180, 558, 760, 44, PAPER, "runtime::environment",
          ["clock, timers, random_source, transport, log; the simulation puts its own here"])
    layer(626, 44, "wire", "HTTP by Beast")
    lanes = [("polls", "the rest: 28 of 40 connections"), ("requests", "a fifth: 8 of 40"),
             ("renewals", "a tenth: 4 of 40")]
    traffic = ["blocking queries", "transactions, reads", "renew, prove, pass"]
    for x, (lane, share), words in zip((300, 560, 820), lanes, traffic):
        for y in (450, 534, 602, 670):
            p.line([(x, y), (x, y + (40 if y == 450 else 24))])
        p.text(x + 8, 474, words, 11, GREY)
        p.box(x - 120, 626, 240, 44, AMBER, f"{lane} lane", [share], mono=False)
    p.box(180, 694, 760, 34, SLATE, "Consul, or tenure agent", mono=False)
    return p.done()
