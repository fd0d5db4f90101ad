/* master: owns the listening sockets; starts, watches and drains the other processes
 * (architecture.md 1).  Parses nothing from outside and has no connection to the database.
 *
 *   SIGTERM, SIGINT   sockets closed at once, open requests finished, exit 0 within 10 s
 *   SIGHUP            new configuration, new binary: a child checks both (`--preflight`); if
 *                     they are good this process executes the binary anew with its sockets and
 *                     children, starts new workers, and drains the old ones when all new ones
 *                     are ready.  Anything wrong: one line in the log, all goes on as before.
 *   a child dies      it is started again, at once at first, then with growing pauses
 *
 * systemd: LISTEN_FDS (one named "admin" is the admin listener), NOTIFY_SOCKET, WATCHDOG_USEC.
 */
#ifndef QRSVC_MASTER_H
#define QRSVC_MASTER_H

#include "qrsvc/config.h"

struct master_options {
	const char *config_path; /* as given with --config; NULL: the default */
	const char *resume;	 /* state of the process this one replaced; NULL */
	int64_t shift_us;	 /* of the wall clock ([server] clock) */
};

/* Exit status: 0 drained, 1 cannot start, 2 configuration. */
int master_run(const struct config *cfg, const struct master_options *opt);

/* What `--preflight` does: the checks that need the database and the file system.  At a reload
 * an absent database is refused too: the old workers have their caches. */
int master_preflight(const struct config *cfg);

#endif
