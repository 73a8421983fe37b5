/// \file
/// PLAYMIRROR_EXPORT marks what a program may link to. Everything else stays hidden in the library.
#pragma once

#if defined(PLAYMIRROR_STATIC)
#define PLAYMIRROR_EXPORT
#else
#define PLAYMIRROR_EXPORT __attribute__((visibility("default")))
#endif
