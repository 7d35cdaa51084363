# embed_page(OUT FOLDER NAMESPACE HEADER STYLES SCRIPTS): OUT is a C++ source with the page of a
# folder, see embed.cmake. STYLES and SCRIPTS: names with commas between them.
set(TENURE_PAGE_FOLDER "${CMAKE_CURRENT_LIST_DIR}")
function(embed_page out folder namespace header styles scripts)
  file(GLOB files CONFIGURE_DEPENDS "${folder}/*.html" "${folder}/*.css" "${folder}/*.js"
    "${TENURE_PAGE_FOLDER}/*.css" "${TENURE_PAGE_FOLDER}/*.js" "${TENURE_PAGE_FOLDER}/*.cmake")
  set(source "${CMAKE_CURRENT_BINARY_DIR}/ui_page.cpp")
  add_custom_command(OUTPUT "${source}"
    COMMAND "${CMAKE_COMMAND}" "-DFOLDER=${folder}" "-DTO=${source}" "-DNAMESPACE=${namespace}"
      "-DHEADER=${header}" "-DSTYLES=${styles}" "-DSCRIPTS=${scripts}"
      -P "${TENURE_PAGE_FOLDER}/embed.cmake"
    DEPENDS ${files} VERBATIM)
  set_source_files_properties("${source}" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set(${out} "${source}" PARENT_SCOPE)
endfunction()
