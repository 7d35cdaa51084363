# cmake -DFOLDER=ui -DTO=ui_page.cpp -DNAMESPACE=tenure::sidecar -DHEADER=sidecar/http/ui/page.hpp
#   "-DSTYLES=a.css,b.css" "-DSCRIPTS=a.js,b.js" -P embed.cmake
# Writes page.html with its styles and scripts as a C++ string, and its Content-Security-Policy. A
# file that is not in FOLDER is in the folder of this script: the pages share it.
cmake_minimum_required(VERSION 3.22)

# to_base64(OUT HEX): for 64 hexadecimal digits. Three digits are twelve bits, two characters.
function(to_base64 out hex)
  set(letters ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  set(text "")
  string(APPEND hex "00")
  foreach(at RANGE 0 63 3)
    string(SUBSTRING "${hex}" ${at} 3 digits)
    math(EXPR first "0x${digits} >> 6")
    math(EXPR second "0x${digits} & 63")
    string(SUBSTRING ${letters} ${first} 1 one)
    string(SUBSTRING ${letters} ${second} 1 two)
    string(APPEND text "${one}${two}")
  endforeach()
  string(SUBSTRING "${text}" 0 43 text)
  set(${out} "${text}=" PARENT_SCOPE)
endfunction()

# read_all(OUT FILE...): the files one after the other.
function(read_all out)
  set(text "\n")
  foreach(name ${ARGN})
    set(from "${FOLDER}")
    if(NOT EXISTS "${FOLDER}/${name}")
      set(from "${CMAKE_CURRENT_LIST_DIR}")
    endif()
    file(READ "${from}/${name}" piece)
    string(APPEND text "${piece}")
  endforeach()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

string(REPLACE "," ";" STYLES "${STYLES}")
string(REPLACE "," ";" SCRIPTS "${SCRIPTS}")
read_all(style ${STYLES})
read_all(script ${SCRIPTS})
file(READ "${FOLDER}/page.html" page)
string(SHA256 id "${page}${style}${script}")
string(SUBSTRING ${id} 0 16 id)
# The script knows its own id, so its hash comes after that.
string(REPLACE "__PAGE_ID__" "${id}" script "${script}")
string(SHA256 style_hash "${style}")
string(SHA256 script_hash "${script}")
to_base64(style_hash ${style_hash})
to_base64(script_hash ${script_hash})
string(REPLACE "__STYLE__" "${style}" page "${page}")
string(REPLACE "__SCRIPT__" "${script}" page "${page}")

# In pieces: compilers may limit a literal to 64 KiB.
set(pieces "")
string(LENGTH "${page}" length)
set(at 0)
while(at LESS length)
  string(SUBSTRING "${page}" ${at} 8000 piece)
  string(APPEND pieces "    R\"~page~(${piece})~page~\"\n")
  math(EXPR at "${at} + 8000")
endwhile()
file(WRITE "${TO}" "// Generated from page.html, its styles and its scripts.
#include \"${HEADER}\"

namespace ${NAMESPACE} {

std::string_view ui_page() noexcept {
  static constexpr std::string_view page =
${pieces}      \"\";
  return page;
}

std::string_view ui_page_policy() noexcept {
  return \"default-src 'none'; style-src 'sha256-${style_hash}'; \"
         \"script-src 'sha256-${script_hash}'; \"
         \"connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \"
         \"frame-ancestors 'none'\";
}

std::string_view ui_page_id() noexcept { return \"${id}\"; }

}  // namespace ${NAMESPACE}
")
