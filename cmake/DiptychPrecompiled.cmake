# Headers that most files read, compiled once. Reading the standard library, nlohmann's JSON, GoogleTest or Qt takes
# longer than compiling most of our files. Files still include what they use: the debug and fuzz presets build without.
#
# diptych_precompiled(target kind)
#   kind: engine (its cold libraries), window (libraries on Qt's widgets), tests (GoogleTest programs). The first target of
#   a kind brings it into being; compiler options must be the same for all of them. Hot libraries gain little, and GCC 12
#   then warns of what it otherwise knows to be the standard library's own affair.

set(DIPTYCH_STANDARD_HEADERS <algorithm> <array> <cmath> <cstdint> <cstring> <deque> <filesystem> <functional> <map>
    <memory> <mutex> <optional> <span> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>)

file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/precompiled.cpp CONTENT "int main() {}\n")

function(diptych_precompiled target kind)
  if(CMAKE_DISABLE_PRECOMPILE_HEADERS)
    return()
  endif()
  set(shared diptych_precompiled_${kind})
  if(NOT TARGET ${shared})
    if(kind STREQUAL tests)
      add_executable(${shared} ${CMAKE_BINARY_DIR}/precompiled.cpp)
      set_target_properties(${shared} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/precompiled)
      target_precompile_headers(${shared} PRIVATE ${DIPTYCH_STANDARD_HEADERS} <nlohmann/json.hpp> <gtest/gtest.h>)
      target_compile_options(${shared} PRIVATE ${DIPTYCH_TEST_OPTIONS})
      target_link_libraries(${shared} PRIVATE GTest::gtest GTest::gtest_main)
    else()
      add_library(${shared} STATIC ${CMAKE_BINARY_DIR}/precompiled.cpp)
      target_compile_options(${shared} PRIVATE ${DIPTYCH_WARNINGS} ${DIPTYCH_COLD_OPTIONS})
      target_precompile_headers(${shared} PRIVATE ${DIPTYCH_STANDARD_HEADERS} <nlohmann/json.hpp>)
      if(kind STREQUAL window)
        find_package(Qt6 REQUIRED COMPONENTS Widgets)
        target_precompile_headers(${shared} PRIVATE <QtWidgets>)
        target_link_libraries(${shared} PRIVATE Qt6::Widgets)
      endif()
    endif()
    set_target_properties(${shared} PROPERTIES AUTOMOC OFF)
    target_compile_options(${shared} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
    diptych_sanitize(${shared})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${shared})
  # So that ccache can read it.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()
