# What every target of ours has in common.

# Applies the language level, the warnings and hidden visibility to `target`.
function(playmirror_configure target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<BOOL:${PLAYMIRROR_WERROR}>:-Werror>
    # gcc 12 sees overlaps inside std::string that are not there (GCC bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
endfunction()

# Groups the sources of a target by folder, up to twelve in a translation unit: they share most of
# their headers, and names of their own differ.
function(playmirror_unity target)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE name)
    cmake_path(GET name PARENT_PATH folder)
    string(MAKE_C_IDENTIFIER "${folder}" group)
    string(APPEND count_${group} "x")
    string(LENGTH "${count_${group}}" count)
    math(EXPR part "(${count} - 1) / 12")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP "${group}_${part}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # gcc takes the files for headers, in which a class must not hold what no other file knows.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# Makes `target` an installable library, exported as playmirror::`export_name`, with the public
# `headers`. Private headers are included from the repository root: "core/sqlite/database.hpp".
function(playmirror_library target export_name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" HEADERS)
  playmirror_configure(${target})
  add_library(playmirror::${export_name} ALIAS ${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_sources(${target} PUBLIC FILE_SET HEADERS
    BASE_DIRS ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include
    FILES ${arg_HEADERS})
  # Until 1.0 each minor version may change the ABI.
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${export_name}
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    POSITION_INDEPENDENT_CODE ON)
  if(PLAYMIRROR_UNITY)
    playmirror_unity(${target})
  endif()
  if(NOT BUILD_SHARED_LIBS)
    target_compile_definitions(${target} PUBLIC PLAYMIRROR_STATIC)
    return()
  endif()
  # Without such a list, templates of the C++ library that are used within show as well.
  if(APPLE)
    set(exports ${PROJECT_SOURCE_DIR}/cmake/exports.macos)
    target_link_options(${target} PRIVATE -Wl,-exported_symbols_list,${exports})
  else()
    set(exports ${PROJECT_SOURCE_DIR}/cmake/exports.map)
    target_link_options(${target} PRIVATE -Wl,--version-script=${exports})
  endif()
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${exports})
endfunction()
