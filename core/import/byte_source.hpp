#pragma once

#include <cstddef>
#include <span>

namespace playmirror::import {

/// Bytes that come piece by piece. Nothing is read before it is asked for.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  /// Fills the room, or a part of it; returns 0 at the end. Throws ReadProblem.
  virtual std::size_t read(std::span<char> room) = 0;
};

}  // namespace playmirror::import
