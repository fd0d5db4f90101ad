/* Owns one photo's child process, its outputs and its clock.  Never looks at a pixel or a tag
 * of a photo itself, knows no clients.  Called by photod.c. */
#include "qrsvc/photo/decoder_job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "qrsvc/base/clock.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"
#include "qrsvc/photo/decoder.h"

/* In the child: only what it needs, at fixed places; then the jail; then the photo. */
static _Noreturn void child_run(
	const struct job *r, int say, const struct photo_boxes *boxes, const struct jail *jail)
{
	int fds[DECODER_SAY + 1 - DECODER_IN], n = 0;

	fds[n++] = r->in;
	for (int i = 0; i < PHOTO_SIZES_N; i++)
		fds[n++] = r->out[i];
	fds[n++] = say;
	/* Out of the way first, so that no place is taken while it is still needed. */
	for (int i = 0; i < n; i++)
		if ((fds[i] = fcntl(fds[i], F_DUPFD, 64)) < 0)
			_exit(2);
	for (int i = 0; i < n; i++)
		if (dup2(fds[i], DECODER_IN + i) < 0)
			_exit(2);
	if (dup2(STDIN_FILENO, STDERR_FILENO) < 0 || close_range(DECODER_SAY + 1, ~0U, 0) != 0)
		_exit(2);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpriority(PRIO_PROCESS, 0, 5); /* pages come first */
	if (!jail_limits() || !jail_enter(jail))
		_exit(2);
	decoder_run(r->bytes, boxes);
}

static bool make_outputs(struct job *r)
{
	for (int i = 0; i < PHOTO_SIZES_N; i++) {
		r->out[i] = memfd_create("photo", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (r->out[i] < 0)
			return false;
	}
	return true;
}

/* SHA-256 of the first `bytes` bytes; false when there are fewer. */
static bool hash_fd(int fd, uint64_t bytes, unsigned char ret_[32])
{
	static char buf[128 * KIB];
	struct sha256_ctx ctx;
	uint64_t at = 0;

	sha256_init(&ctx);
	while (at < bytes) {
		size_t most = bytes - at < sizeof buf ? (size_t)(bytes - at) : sizeof buf;
		ssize_t n = pread(fd, buf, most, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		sha256_update(&ctx, (struct str){buf, (size_t)n});
		at += (uint64_t)n;
	}
	sha256_final(&ctx, ret_);
	return true;
}

void job_init(struct job *r)
{
	*r = (struct job){.in = -1, .say = -1, .out = {-1, -1, -1}};
}

void job_clear(struct job *r)
{
	if (r->in >= 0)
		close(r->in);
	if (r->say >= 0)
		close(r->say);
	for (int i = 0; i < PHOTO_SIZES_N; i++)
		if (r->out[i] >= 0)
			close(r->out[i]);
	job_init(r);
}

static const char *check_input(struct job *r, enum photo_why *ret_why)
{
	struct stat st;

	*ret_why = PHOTO_WHY_INTERNAL;
	if (fstat(r->in, &st) != 0 || !S_ISREG(st.st_mode))
		return "not a regular file";
	if ((fcntl(r->in, F_GETFL) & O_ACCMODE) == O_WRONLY)
		return "not open for reading";
	r->bytes = (uint64_t)st.st_size;
	*ret_why = r->bytes ? PHOTO_WHY_BYTES : PHOTO_WHY_EMPTY;
	if (r->bytes == 0 || r->bytes > LIMIT_PHOTO_BYTES)
		return r->bytes ? "too many bytes" : "no bytes";
	*ret_why = PHOTO_WHY_OK;
	return NULL;
}

static void refused(struct photo_answer *a, enum photo_why why, const char *text)
{
	a->found = (struct photo_found){.why = why};
	snprintf(a->found.say, sizeof a->found.say, "%s", text);
}

bool job_start(struct job *r, int in_fd, const struct photo_boxes *boxes,
	const struct jail *jail, int wall_ms, struct photo_answer *ret_a)
{
	enum photo_why why;
	const char *text;
	int say[2] = {-1, -1};

	job_init(r);
	r->in = in_fd;
	*ret_a = (struct photo_answer){0};
	text = check_input(r, &why);
	if (!text && !photo_boxes_valid(boxes)) {
		why = PHOTO_WHY_BOXES;
		text = "boxes outside the picture";
	}
	if (!text && (!make_outputs(r) || pipe2(say, O_CLOEXEC) != 0)) {
		why = PHOTO_WHY_INTERNAL;
		text = "no memory or descriptors";
	}
	if (!text) {
		r->say = say[0];
		r->pid = fork();
		if (r->pid == 0)
			child_run(r, say[1], boxes, jail);
		close(say[1]);
		if (r->pid < 0) {
			why = PHOTO_WHY_INTERNAL;
			text = "no process";
		}
	}
	if (text) {
		refused(ret_a, why, text);
		ret_a->original_bytes = r->bytes;
		job_clear(r);
		return false;
	}
	r->deadline_us = clock_mono_us() + wall_ms * INT64_C(1000);
	/* The child decodes on one processor, this goes on on another. */
	r->hashed = hash_fd(r->in, r->bytes, r->sha256);
	return true;
}

static bool printable(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == 0)
			return true;
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	}
	return false; /* no end */
}

/* What a child says is as trustworthy as the photo. */
static bool found_valid(const struct photo_found *f)
{
	if (f->why >= PHOTO_WHY_COUNT || f->type >= PHOTO_TYPES || f->has_place > 1)
		return false;
	if (!printable(f->taken, sizeof f->taken))
		return false;
	if (!(f->lat >= -90 && f->lat <= 90 && f->lon >= -180 && f->lon <= 180))
		return false;
	if (f->why != PHOTO_WHY_OK)
		return true;
	for (int i = 0; i < PHOTO_SIZES_N; i++)
		if (f->vw[i] < 1 || f->vh[i] < 1 || f->vw[i] > PHOTO_LONG_SIDE ||
			f->vh[i] > PHOTO_LONG_SIDE)
			return false;
	return f->type != PHOTO_NONE && f->w >= 1 && f->h >= 1 && f->w <= LIMIT_PHOTO_SIDE &&
	       f->h <= LIMIT_PHOTO_SIDE;
}

/* Seals and hashes the outputs; the child is dead by now. */
static bool outputs_finish(const struct job *r, struct photo_answer *a)
{
	for (int i = 0; i < PHOTO_SIZES_N; i++) {
		unsigned char b[2];
		struct stat st;

		if (fcntl(r->out[i], F_ADD_SEALS,
			    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0 ||
			fstat(r->out[i], &st) != 0 || st.st_size < 4 ||
			st.st_size > PHOTO_OUT_MAX)
			return false;
		if (pread(r->out[i], b, 2, 0) != 2 || b[0] != 0xff || b[1] != 0xd8)
			return false;
		a->bytes[i] = (uint64_t)st.st_size;
		if (!hash_fd(r->out[i], a->bytes[i], a->sha256[i]))
			return false;
	}
	return true;
}

/* Why a child ended without a word. */
static void found_death(const struct job *r, int status, struct photo_found *f)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	*f = (struct photo_found){.why = PHOTO_WHY_CRASHED};
	if (r->late)
		f->why = PHOTO_WHY_TIME;
	else if (sig == SIGXCPU)
		f->why = PHOTO_WHY_COSTLY;
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		f->why = PHOTO_WHY_INTERNAL; /* could not enter the jail */
	snprintf(f->say, sizeof f->say, "decoder ended: signal %d, status %d", sig,
		WIFEXITED(status) ? WEXITSTATUS(status) : 0);
	log_event(LOG_WARNING, "photod.child", LOG_I("why", f->why), LOG_I("signal", sig),
		LOG_I("status", WIFEXITED(status) ? WEXITSTATUS(status) : 0));
}

void job_kill(struct job *r, bool late)
{
	r->late = r->late || late;
	kill(r->pid, SIGKILL);
}

/* Reads what the child said, if it did, and buries it. */
static void job_reap(struct job *r, struct photo_answer *a)
{
	struct rusage use = {0};
	int status = 0;
	bool spoke = read(r->say, &a->found, sizeof a->found) == sizeof a->found;

	if (spoke && !found_valid(&a->found)) {
		log_event(LOG_WARNING, "photod.answer", LOG_C("detail", "child talks rubbish"));
		spoke = false;
	}
	kill(r->pid, SIGKILL);
	while (wait4(r->pid, &status, 0, &use) < 0 && errno == EINTR)
		;
	if (!spoke)
		found_death(r, status, &a->found);
	a->cpu_us = (uint32_t)((use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000 +
			       use.ru_utime.tv_usec + use.ru_stime.tv_usec);
	a->max_rss_kib = (uint32_t)use.ru_maxrss;
}

void job_finish(struct job *r, struct photo_answer *a)
{
	*a = (struct photo_answer){.original_bytes = r->bytes};
	job_reap(r, a);
	a->found.say[sizeof a->found.say - 1] = 0;
	for (char *p = a->found.say; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	memcpy(a->original_sha256, r->sha256, sizeof r->sha256);
	if (a->found.why == PHOTO_WHY_OK && (!r->hashed || !outputs_finish(r, a)))
		refused(a, PHOTO_WHY_INTERNAL, "input or outputs cannot be read");
}
