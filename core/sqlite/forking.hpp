#pragma once

namespace playmirror::sqlite {

/// Makes it safe for a forked child to open files of its own, whatever the other threads of its
/// parent were doing: without, it may wait for ever for a lock of theirs. What it inherited stays
/// forbidden to it. Works from the first call on, and may be called often.
void survive_forks();

}  // namespace playmirror::sqlite
