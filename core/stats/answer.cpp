#include "core/stats/answer.hpp"

#include <utility>

namespace playmirror {

Stats::Stats(std::shared_ptr<MirrorState> state) noexcept : state_(std::move(state)) {}

}  // namespace playmirror
