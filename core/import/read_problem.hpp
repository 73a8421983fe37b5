#pragma once

#include <stdexcept>

namespace playmirror::import {

/// Why a file could not be read to its end. It concerns that file alone, and is reported with it.
class ReadProblem : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace playmirror::import
