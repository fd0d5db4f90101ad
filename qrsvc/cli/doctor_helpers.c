/* Owns the checks of `qrsvc doctor` that try the processes beside the workers: the photo
 * process and the hasher are started once for real and asked; fonts are opened; the key of the
 * chain is read.  Called by doctor.c. */
#include "qrsvc/cli/doctor.h"

#include "qrsvc/app/hasher_proto.h"
#include "qrsvc/app/keyfile.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/photo/client_sync.h"
#include "labels/label.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- photos -------------------------------------------------------------------------------
 */

void doctor_photod(struct doctor *d)
{
	static const char what[] = "photos", text[] = "no picture";
	struct photo_sync ps = {.fd = -1};
	char path[PATH_MAX];
	struct photo photo = {0};
	struct err e;
	enum rc rc = RC_INTERNAL;

	if (d->cfg->photod[0])
		snprintf(path, sizeof path, "%s", d->cfg->photod);
	else if (!photo_default_path(path, sizeof path))
		path[0] = 0;
	rc = photo_sync_start(&ps, path, &e);
	/* It opens its jail for each photo; that this is none, only somebody in there can say.
	 */
	if (rc == RC_OK)
		rc = photo_sync_bytes(&ps, STR("no picture, only a question"), &photo, &e);
	photo_sync_stop(&ps);
	if (rc == RC_BAD_TYPE)
		doctor_say(
			d, DOCTOR_OK, what, "", "%s starts, and judges what it is given", path);
	else
		doctor_say(d, DOCTOR_FAIL, what,
			"install it beside qrsvc; it needs seccomp of the kernel", "%s: %s",
			path, rc == RC_OK ? text : e.detail);
}

/* ---- passwords ----------------------------------------------------------------------------
 */

#define HASHER_MS 10000
#define CONTROL_FD 3

/* `qrsvc --hasher`, beside this program; its end of `control` is CONTROL_FD there. */
static pid_t hasher_start(int control)
{
	char path[PATH_MAX], number[] = {'0' + CONTROL_FD, 0};
	char *argv[] = {path, (char[]){"--hasher"}, (char[]){"--control"}, number, NULL};
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 8);
	posix_spawn_file_actions_t fa;
	pid_t pid = -1;

	if (n <= 0)
		return -1;
	path[n] = 0;
	char *slash = strrchr(path, '/');

	memcpy(slash ? slash + 1 : path, "qrsvc", 6);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, control, CONTROL_FD);
	int bad = posix_spawn(&pid, path, &fa, NULL, argv, environ);

	posix_spawn_file_actions_destroy(&fa);
	errno = bad;
	return bad ? -1 : pid;
}

/* The message with which the master gives it a worker's socket. */
static bool join(int control, int fd)
{
	struct hash_job j = {.magic = HASH_MAGIC, .say = HASH_SAY_JOIN};
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof fd)] = {0};
	struct iovec v = {&j, sizeof j};
	struct msghdr m = {.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof room};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	return sendmsg(control, &m, MSG_NOSIGNAL) == sizeof j;
}

/* One hash of the configured cost. */
static bool hash_once(const struct config *cfg, int fd)
{
	struct hash_job j = {.magic = HASH_MAGIC,
		.say = HASH_SAY_MAKE,
		.id = 1,
		.mem_kib = (uint32_t)(cfg->hash_mem / 1024),
		.passes = (uint32_t)cfg->hash_passes,
		.password_n = 6,
		.password = "doctor"};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	struct hash_answer a;

	return send(fd, &j, sizeof j, MSG_NOSIGNAL) == sizeof j &&
	       poll(&p, 1, HASHER_MS) == 1 && recv(fd, &a, sizeof a, 0) == sizeof a &&
	       a.what == HASH_MADE;
}

void doctor_hasher(struct doctor *d)
{
	static const char what[] = "passwords";
	int control[2] = {-1, -1}, work[2] = {-1, -1};
	pid_t pid = -1;
	bool good = false;
	int64_t from = clock_mono_us();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) == 0 &&
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, work) == 0) {
		/* away from CONTROL_FD: dup2 onto itself would leave it close-on-exec */
		int theirs = fcntl(control[1], F_DUPFD_CLOEXEC, 16);

		pid = theirs >= 0 ? hasher_start(theirs) : -1;
		good = pid > 0 && join(control[0], work[1]) && hash_once(d->cfg, work[0]);
		if (theirs >= 0)
			close(theirs);
	}
	for (int i = 0; i < 2; i++) {
		if (control[i] >= 0)
			close(control[i]);
		if (work[i] >= 0)
			close(work[i]);
	}
	if (pid > 0) {
		kill(pid, SIGTERM);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (good)
		doctor_say(d, DOCTOR_OK, what, "", "a hash of %lld MiB takes %lld ms",
			(long long)(d->cfg->hash_mem >> 20),
			(long long)((clock_mono_us() - from) / 1000));
	else
		doctor_say(d, DOCTOR_FAIL, what,
			"give the host more memory, or lower [staff] hash_mem",
			"the hasher made no hash of %lld MiB: nobody can log in",
			(long long)(d->cfg->hash_mem >> 20));
}

/* ---- fonts --------------------------------------------------------------------------------
 */

void doctor_fonts(struct doctor *d)
{
	static const char what[] = "fonts",
			  packages[] =
				  "install fonts-noto-cjk, fonts-noto-core and fonts-hanazono";
	bool own = d->cfg->fonts[0] != 0;
	struct str rest = own ? str_c(d->cfg->fonts) : STR(LABEL_FONTS_DEFAULT),
		   first = STR_NONE;
	const char *missing = NULL;
	int have = 0, n = 0;
	struct err e;

	while (rest.p) {
		struct str name = str_trim(str_cut(&rest, ','), " ");
		struct label_fonts *f = label_fonts_open(name, &e);

		if (n++ == 0)
			first = f ? name : STR_NONE;
		if (f)
			have++;
		else if (!missing)
			missing = arena_str(&d->mem, name).p;
		label_fonts_free(f);
	}
	if (!first.p || (own && missing))
		doctor_say(d, DOCTOR_FAIL, what, packages,
			"%s is missing: no label can be drawn",
			missing ? missing : "the first font");
	else if (missing)
		doctor_say(d, DOCTOR_WARN, what, packages,
			"%d of %d: %s is missing, its writing cannot be printed", have, n,
			missing);
	else
		doctor_say(d, DOCTOR_OK, what, "", "%d of %d families", have, n);
}

/* ---- the chain ----------------------------------------------------------------------------
 */

/* Heads are signed hourly: a second one that is late means that nobody signs. */
#define HEAD_WARN_S 7500
#define HEAD_FAIL_S (26 * 3600)

static bool key(struct doctor *d)
{
	static const char what[] = "chain key";
	const char *path = d->cfg->chain_key;
	struct sign_key k;
	struct err e;

	if (!path[0]) {
		doctor_say(d, DOCTOR_WARN, what,
			"`qrsvc keygen FILE` once, then [chain] key = FILE on each host that may sign",
			"this host signs no heads");
		return false;
	}
	if (keyfile_read(path, &k, &e) != RC_OK) {
		doctor_say(d, DOCTOR_FAIL, what,
			"as the service's user: one regular file of its own, mode 0600", "%s",
			e.detail);
		return false;
	}
	sign_key_wipe(&k);
	doctor_say(d, DOCTOR_OK, what, "", "%s, for nobody else", path);
	return true;
}

/* Without one no number is asked for, which an office may want. */
static void contact_key(struct doctor *d)
{
	static const char what[] = "contact key";
	const char *path = d->cfg->contact_key;
	struct seal_key k;
	struct err e;

	if (!path[0]) {
		doctor_say(d, DOCTOR_OK, what, "", "none: residents are not asked for numbers");
		return;
	}
	if (keyfile_contact(path, &k, &e) != RC_OK) {
		doctor_say(d, DOCTOR_FAIL, what,
			"as the service's user: one regular file of its own, mode 0600", "%s",
			e.detail);
		return;
	}
	crypto_wipe(&k, sizeof k);
	doctor_say(d, DOCTOR_OK, what, "", "%s, for nobody else", path);
}

void doctor_chain(struct doctor *d)
{
	static const char what[] = "chain";
	struct pgsync_rows rows = {0};

	(void)key(d);
	contact_key(d);
	/* signed: what nobody signed is no head yet */
	if (!doctor_ask(d, what,
		    "SELECT count(*), coalesce(extract(epoch FROM core.now() - max(h.at)), 0)::bigint"
		    " FROM core.chain_head h JOIN core.chain_signature s ON s.head_id = h.id",
		    &rows))
		return;
	int64_t n = pgsync_int(&rows, 0, 0), age = pgsync_int(&rows, 0, 1);

	pgsync_rows_release(&rows);
	if (n == 0)
		doctor_say(d, DOCTOR_WARN, what, "give one host the key, and start it",
			"no head was ever signed: a superuser could rewrite everything");
	else if (age > HEAD_WARN_S)
		doctor_say(d, age > HEAD_FAIL_S ? DOCTOR_FAIL : DOCTOR_WARN, what,
			"look for chain.key and job errors in the log of the host that signs",
			"the newest of %lld heads is %lld h old", (long long)n,
			(long long)(age / 3600));
	else
		doctor_say(d, DOCTOR_OK, what, "", "%lld heads, the newest %lld min old",
			(long long)n, (long long)(age / 60));
}
