"""The base of the tests of a command under a guardian, without any election."""

from . import cases
from .processes import COMMAND_PROBE, wait_until

# Writes its process id, survives SIGTERM, and writes a line every 20 ms.
STUBBORN = ('trap "echo term >> signals" TERM; echo $$ > pid; '
            'while :; do echo >> beat; sleep 0.02; done')


class CommandCase(cases.Case):
    def probe(self, *argv, **more):
        return self.start(COMMAND_PROBE, *argv, cwd=self.folder, **more)

    def pid(self, name="pid"):
        return int(wait_until(lambda: self.zoo.lines(name), what=name)[0])

    def printed(self, process, word):
        def find():
            for line in self.zoo.output_lines(process):
                if line.startswith(word + " "):
                    return int(line.split()[1])
            return None
        return wait_until(find, what=word)

    def assert_no_process_is_left(self, seconds=2.0):
        wait_until(lambda: not self.zoo.marked(), seconds, what="the end of every process")
