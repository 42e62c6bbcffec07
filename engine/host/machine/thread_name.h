// Names of threads, as top, gdb and perf show them. Helpers that a thread starts inherit its name.
#pragma once

#include <pthread.h>

namespace diptych::host {

inline void name_this_thread(const char* name) {  // at most 15 characters
  pthread_setname_np(pthread_self(), name);
}

}  // namespace diptych::host
