# cmake -DFROM=page.html -DTO=ui_page.cpp -P embed.cmake: writes the page as a C++ string.
file(READ "${FROM}" page)
# In pieces: compilers may limit a literal to 64 KiB.
set(pieces "")
string(LENGTH "${page}" length)
set(at 0)
while(at LESS length)
  string(SUBSTRING "${page}" ${at} 8000 piece)
  string(APPEND pieces "    R\"~page~(${piece})~page~\"\n")
  math(EXPR at "${at} + 8000")
endwhile()
file(WRITE "${TO}" "// Generated from page.html.
#include \"sidecar/http/ui/page.hpp\"

namespace tenure::sidecar {

std::string_view ui_page() noexcept {
  static constexpr std::string_view page =
${pieces}      \"\";
  return page;
}

}  // namespace tenure::sidecar
")
