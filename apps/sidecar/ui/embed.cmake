# cmake -DFROM=page.html -DTO=ui_page.cpp -P embed.cmake: the page as a C++ string.
file(READ "${FROM}" page)
# In pieces: a compiler need not take a literal of more than 64 KiB.
set(pieces "")
string(LENGTH "${page}" length)
set(at 0)
while(at LESS length)
  string(SUBSTRING "${page}" ${at} 8000 piece)
  string(APPEND pieces "    R\"~page~(${piece})~page~\"\n")
  math(EXPR at "${at} + 8000")
endwhile()
file(WRITE "${TO}" "// Made from ui/page.html.
#include \"sidecar/ui_page.hpp\"

namespace tenure::sidecar {

std::string_view ui_page() noexcept {
  static constexpr std::string_view page =
${pieces}      \"\";
  return page;
}

}  // namespace tenure::sidecar
")
