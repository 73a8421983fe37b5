#pragma once

/// All of playmirror: the local mirror and the server side.
#include <playmirror/mirror.hpp>
#include <playmirror/server.hpp>
#include <playmirror/version.hpp>
#include <playmirror/watcher.hpp>
