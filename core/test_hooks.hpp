#pragma once

/// The seams that a test build opens (CMake option PLAYMIRROR_TEST_HOOKS): steps between which a
/// test acts, and safeguards that it takes away to see that something then fails. In every other
/// build a step is nothing and a safeguard is the constant `true`.
///
/// tests/python/support/hooks.py is the other end.

#ifdef PLAYMIRROR_TEST_HOOKS

namespace playmirror::test_hooks {

void reached(const char* step);
bool is_on(const char* safeguard);

}  // namespace playmirror::test_hooks

#define PLAYMIRROR_STEP(name) ::playmirror::test_hooks::reached(name)
#define PLAYMIRROR_SAFEGUARD(name) ::playmirror::test_hooks::is_on(name)

#else

#define PLAYMIRROR_STEP(name) static_cast<void>(0)
#define PLAYMIRROR_SAFEGUARD(name) true

#endif
