// Standard input, output and error of a program that was started without some of them.
#pragma once

namespace tenure::apps {

/// Opens /dev/null for each of the three descriptors that is closed. Call it first in main(): a
/// later descriptor of the program would get its number, and the commands that the program starts
/// would read and write it. Exits with 71 where /dev/null cannot be opened.
void open_standard_streams();

}  // namespace tenure::apps
