# Finds what playmirror stands on. When something is missing, one message names all of it, with the
# command that installs it, so that nobody learns of the next missing package after the next try.

set(missing "")
set(missing_debian "")
set(missing_fedora "")
set(missing_homebrew "")
set(missing_advice "")

# Notes a package that was not found: its name for people, and for the three package managers.
macro(playmirror_missing name debian fedora homebrew)
  string(APPEND missing "\n  - ${name}")
  list(APPEND missing_debian ${debian})
  list(APPEND missing_fedora ${fedora})
  list(APPEND missing_homebrew ${homebrew})
endmacro()

if(APPLE)
  # Homebrew keeps these two beside the system's own and off the default search path.
  list(APPEND CMAKE_PREFIX_PATH /opt/homebrew/opt/libpq /opt/homebrew/opt/sqlite
    /usr/local/opt/libpq /usr/local/opt/sqlite)
endif()

find_package(Threads REQUIRED)

find_package(SQLite3 3.37 QUIET)  # 3.37 brought STRICT tables
if(NOT SQLite3_FOUND)
  playmirror_missing("SQLite 3.37 or newer" libsqlite3-dev sqlite-devel sqlite)
else()
  # sql() asks which column of which table a result comes from. Every distribution's SQLite can tell.
  include(CheckCXXSymbolExists)
  set(CMAKE_REQUIRED_LIBRARIES SQLite::SQLite3)
  check_cxx_symbol_exists(sqlite3_column_origin_name sqlite3.h PLAYMIRROR_SQLITE_HAS_COLUMN_METADATA)
  unset(CMAKE_REQUIRED_LIBRARIES)
  if(NOT PLAYMIRROR_SQLITE_HAS_COLUMN_METADATA)
    playmirror_missing("SQLite built with SQLITE_ENABLE_COLUMN_METADATA"
      libsqlite3-dev sqlite-devel sqlite)
  endif()
endif()

if(SQLite3_FOUND)
  # By this hook the digests follow what is written.
  set(CMAKE_REQUIRED_LIBRARIES SQLite::SQLite3)
  set(CMAKE_REQUIRED_DEFINITIONS -DSQLITE_ENABLE_PREUPDATE_HOOK)
  check_cxx_symbol_exists(sqlite3_preupdate_hook sqlite3.h PLAYMIRROR_SQLITE_HAS_PREUPDATE_HOOK)
  unset(CMAKE_REQUIRED_LIBRARIES)
  unset(CMAKE_REQUIRED_DEFINITIONS)
  if(NOT PLAYMIRROR_SQLITE_HAS_PREUPDATE_HOOK)
    playmirror_missing("SQLite built with SQLITE_ENABLE_PREUPDATE_HOOK"
      libsqlite3-dev sqlite-devel sqlite)
  endif()
endif()

find_package(cereal CONFIG QUIET)
if(NOT TARGET cereal::cereal)
  playmirror_missing("cereal 1.3.1 or newer" libcereal-dev cereal-devel cereal)
endif()

find_package(Boost 1.74 CONFIG QUIET COMPONENTS filesystem)
if(NOT TARGET Boost::filesystem)
  playmirror_missing("Boost.Filesystem 1.74 or newer" libboost-filesystem-dev boost-devel boost)
endif()

find_package(date 3 CONFIG QUIET)
if(NOT TARGET date::date-tz)
  playmirror_missing("Howard Hinnant's date library 3.0.1 or newer, with its time zones"
    libhowardhinnant-date-dev date-devel howard-hinnant-date)
endif()

find_package(RapidJSON 1.1 CONFIG QUIET)
if(NOT RapidJSON_FOUND)
  playmirror_missing("RapidJSON 1.1 or newer" rapidjson-dev rapidjson-devel rapidjson)
endif()

list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
find_package(LibZip QUIET)
if(NOT TARGET LibZip::LibZip)
  playmirror_missing("libzip" libzip-dev libzip-devel libzip)
endif()

if(PLAYMIRROR_SYNC)
  find_package(PostgreSQL 14 QUIET)
  if(NOT PostgreSQL_FOUND)
    playmirror_missing("libpq 14 or newer, the PostgreSQL client library" libpq-dev libpq-devel libpq)
    if(NOT PLAYMIRROR_BUILD_PYTHON)
      string(APPEND missing_advice
        "\n  The offline part alone needs no libpq: -DPLAYMIRROR_SYNC=OFF")
    endif()
  endif()
endif()

if(PLAYMIRROR_BUILD_TESTS)
  find_package(GTest CONFIG QUIET)
  if(NOT TARGET GTest::gtest_main)
    playmirror_missing("GoogleTest" libgtest-dev gtest-devel googletest)
  endif()
endif()

if(PLAYMIRROR_BUILD_PYTHON)
  find_package(Python 3.10 QUIET COMPONENTS Interpreter Development.Module)
  if(NOT Python_FOUND)
    playmirror_missing("Python 3.10 or newer, with its headers" python3-dev python3-devel python)
  else()
    if(NOT pybind11_DIR)
      execute_process(COMMAND ${Python_EXECUTABLE} -m pybind11 --cmakedir
        OUTPUT_VARIABLE pybind11_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    endif()
    find_package(pybind11 3.1 CONFIG QUIET)
    if(NOT pybind11_FOUND)
      # An environment that has it may be entered before the next attempt: look anew then.
      unset(_Python_EXECUTABLE CACHE)
      string(APPEND missing "\n  - pybind11 3.1 or newer")
      string(APPEND missing_advice
        "\n  pybind11: ${Python_EXECUTABLE} -m pip install 'pybind11>=3.1,<4'")
    endif()
  endif()
endif()

if(missing)
  set(commands "")
  if(missing_debian)
    list(JOIN missing_debian " " debian)
    list(JOIN missing_fedora " " fedora)
    list(JOIN missing_homebrew " " homebrew)
    string(APPEND commands
      "\n  Debian, Ubuntu:  apt install ${debian}"
      "\n  Fedora:          dnf install ${fedora}"
      "\n  macOS:           brew install ${homebrew}")
  endif()
  message(FATAL_ERROR "playmirror needs packages that were not found:${missing}\n"
    "To install them:${commands}${missing_advice}")
endif()
