/* spawn: starting our own processes: fork and exec, never fork alone (architecture.md 1).
 *
 * A child gets the descriptors it is told of by number and no others (everything is
 * close-on-exec); its environment is ours and what spawn_env()
 * adds. */
#ifndef QRSVC_SPAWN_H
#define QRSVC_SPAWN_H

#include "qrsvc/base/str.h"

#include <sys/types.h>

#define SPAWN_ARGS 1024 /* `qrsvc labels void` may name many codes */
#define SPAWN_FDS 16

struct spawn {
	const char *path; /* of the program */
	char *argv[SPAWN_ARGS];
	int argc;
	int keep[SPAWN_FDS]; /* descriptors the child gets, under the same numbers */
	int nkeep;
	char **env; /* NULL: ours */
};

void spawn_init(struct spawn *s, const char *path);
void spawn_release(struct spawn *s);
/* One argument, as printf. */
void spawn_arg(struct spawn *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "NAME" "FD", and the child keeps fd; nothing if fd < 0. */
void spawn_fd(struct spawn *s, const char *name, int fd);
/* A variable of the child's environment besides ours, unless ours has it; once at most. */
void spawn_env(struct spawn *s, const char *name, const char *value);
/* Process id, or -1 with errno. */
pid_t spawn_run(struct spawn *s);
/* Replaces this process; returns only on failure, with errno. */
void spawn_exec(struct spawn *s);

/* Path of a program in the folder this one was started from; into buf.  False: too long. */
bool spawn_beside(const char *name, char *buf, size_t size);
/* Path of this program as it was at start, even if the file has been replaced since. */
const char *spawn_self(void);

#endif
