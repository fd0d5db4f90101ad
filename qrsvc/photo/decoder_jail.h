/* decoder_jail: what the processes of qrsvc-photod may do (security.md 24).
 *
 * Limits of a child (one photo):
 *   RLIMIT_AS      512 MiB of address space (not in a sanitizer build, whose shadow memory is
 *                  terabytes: there the parent kills a child of more than JAIL_RESIDENT_KIB)
 *   RLIMIT_CPU     10 s (SIGXCPU), then SIGKILL
 *   RLIMIT_FSIZE   PHOTO_OUT_MAX, which only its three outputs can reach
 *   RLIMIT_NOFILE  8: what it was given; RLIMIT_CORE 0
 *   wall clock     15 s, by the parent
 * System calls of a child: reading its input by pread, writing to its outputs and its pipe (the
 * descriptor is checked), anonymous memory that is never executable, threads (libde265 cannot
 * do without one) but no processes, time, exit. Anything else, a socket or an open above all,
 * kills the process.
 *
 * The parent has a filter of its own, wider by what it takes to fork, to make memfds and to
 * pass messages; it too can open, connect and execute nothing.  Filters add up: the child has
 * both. A sanitizer build has no filter in the parent and a wider one in the child (what the
 * sanitizers' reports need); the real ones are tested in the release build. */
#ifndef QR_PHOTO_DECODER_JAIL_H
#define QR_PHOTO_DECODER_JAIL_H

#include <stdbool.h>

#define JAIL_RESIDENT_KIB (700 * 1024)

#if defined(__SANITIZE_ADDRESS__)
#define JAIL_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define JAIL_SANITIZER 1
#endif
#endif
#ifndef JAIL_SANITIZER
#define JAIL_SANITIZER 0
#endif

struct jail; /* a filter made ready, so that entering costs one system call */

/* NULL with a line on standard error when the kernel or the library will not have it. */
struct jail *jail_child(void);
struct jail *jail_parent(void);
void jail_free(struct jail *j);
/* From here on.  False: do not go on. */
bool jail_enter(const struct jail *j);
/* False when the child with this pid holds more memory than a sanitizer build may; always true
 * elsewhere, where RLIMIT_AS does it. */
bool jail_watch(int pid);
/* The resource limits of a child. */
bool jail_limits(void);

#endif
