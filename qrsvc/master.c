/* Owns the listening sockets and the list of children.  Never parses a request, never connects
 * to the database.  Started by main.c when no command is given. */
#include "qrsvc/master.h"

#include "qrsvc/app/shared.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/log.h"
#include "qrsvc/children.h"
#include "qrsvc/master_socket.h"
#include "qrsvc/sdnotify.h"
#include "qrsvc/spawn.h"
#include "qrsvc/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_MS 1000
#define END_MS 9000	/* then children are killed: exit within 10 s (security.md 8) */
#define RELOAD_MS 30000 /* new workers that are not ready by then are given up */

struct master {
	const struct config *cfg;
	const struct master_options *opt;
	struct loop *loop;
	struct master_socket listen, admin;
	struct shared *shared;
	int shared_fd, config_fd;
	struct children kids;
	struct loop_timer tick, end, reload;
	bool ending, announced, reload_again;
	pid_t preflight; /* of a reload under way; 0: none */
	int status;
};

/* ---- children ---------------------------------------------------------------------------- */

static void worker_args(struct master *m, struct spawn *sp, struct child *c)
{
	spawn_arg(sp, "qrsvc");
	spawn_arg(sp, "--worker");
	if (m->config_fd >= 0) {
		/* The configuration as it was when this master read it. */
		spawn_fd(sp, NULL, m->config_fd);
		spawn_arg(sp, "--config");
		spawn_arg(sp, "/proc/self/fd/%d", m->config_fd);
	}
	spawn_arg(sp, "--slot");
	spawn_arg(sp, "%d", c->slot);
	spawn_arg(sp, "--shift");
	spawn_arg(sp, "%lld", (long long)m->opt->shift_us);
	spawn_fd(sp, "--listen", m->listen.fd);
	spawn_fd(sp, "--admin", m->admin.fd);
	spawn_fd(sp, "--shared", m->shared_fd);
	if (c->wait)
		spawn_arg(sp, "--wait");
}

static void jobs_args(struct master *m, struct spawn *sp)
{
	spawn_arg(sp, "qrsvc-jobs");
	spawn_arg(sp, "--jobs");
	if (m->config_fd >= 0) {
		spawn_fd(sp, NULL, m->config_fd);
		spawn_arg(sp, "--config");
		spawn_arg(sp, "/proc/self/fd/%d", m->config_fd);
	}
	spawn_arg(sp, "--shift");
	spawn_arg(sp, "%lld", (long long)m->opt->shift_us);
}

static void start_child_cb(void *arg, struct child *c, struct spawn *sp)
{
	struct master *m = arg;
	switch (c->kind) {
	case CHILD_WORKER:
		worker_args(m, sp, c);
		break;
	case CHILD_JOBS:
		jobs_args(m, sp);
		break;
	case CHILD_PHOTOD:
		spawn_arg(sp, "qrsvc-photod");
		break;
	case CHILD_HASHER:
		spawn_arg(sp, "qrsvc");
		spawn_arg(sp, "--hasher");
		break;
	case CHILD_KINDS:
		break;
	}
}

/* Before the workers, so that their sockets lead somewhere from the begin. */
static void start_helpers(struct master *m)
{
	char path[4096];
	bool found = true;
	if (m->cfg->photod[0])
		snprintf(path, sizeof path, "%s", m->cfg->photod);
	else
		found = spawn_beside("qrsvc-photod", path, sizeof path);
	if (found && access(path, X_OK) == 0)
		children_start(&m->kids, CHILD_PHOTOD, path, false);
	else
		log_event(LOG_WARNING, "master.no_photod", LOG_C("path", path));
	children_start(&m->kids, CHILD_HASHER, "/proc/self/exe", false);
}

static void start_all(struct master *m, bool wait)
{
	char path[4096];
	start_helpers(m);
	for (int64_t i = 0; i < m->cfg->workers; i++)
		children_start(&m->kids, CHILD_WORKER, "/proc/self/exe", wait);
	if (spawn_beside("qrsvc-jobs", path, sizeof path) && access(path, X_OK) == 0)
		children_start(&m->kids, CHILD_JOBS, path, false);
	else
		log_event(LOG_WARNING, "master.no_jobs", LOG_C("path", path));
}

/* ---- the end ----------------------------------------------------------------------------- */

static void end_late_cb(void *arg)
{
	struct master *m = arg;
	log_event(LOG_WARNING, "master.killing", LOG_I("children", children_count(&m->kids)));
	children_kill(&m->kids);
}

static void end_cb(void *arg)
{
	struct master *m = arg;
	if (m->ending)
		return;
	m->ending = true;
	sd_notify_say("STOPPING=1");
	master_socket_close(&m->listen, true);
	master_socket_close(&m->admin, true);
	loop_timer_stop(&m->reload);
	children_end(&m->kids);
	loop_timer_init(&m->end, m->loop, end_late_cb, m);
	loop_timer_set(&m->end, END_MS);
	if (!children_count(&m->kids))
		loop_stop(m->loop);
}

/* ---- reload ------------------------------------------------------------------------------ */

static void hup_cb(void *arg)
{
	struct master *m = arg;
	struct spawn sp;
	m->reload_again = m->preflight || children_old(&m->kids);
	if (m->ending || m->reload_again)
		return; /* tick_cb comes back to it */
	spawn_init(&sp, spawn_self());
	spawn_arg(&sp, "qrsvc");
	spawn_arg(&sp, "--preflight");
	if (m->opt->config_path) {
		spawn_arg(&sp, "--config");
		spawn_arg(&sp, "%s", m->opt->config_path);
	}
	pid_t pid = spawn_run(&sp);
	spawn_release(&sp);
	if (pid > 0)
		m->preflight = pid;
	log_event(pid > 0 ? LOG_NOTICE : LOG_ERROR, "master.reload_begins");
}

/* What the next image of this process must know; see resume(). */
static void execute_anew(struct master *m)
{
	struct spawn sp;
	struct sbuf state;
	sbuf_init(&state, 16384);
	spawn_init(&sp, spawn_self());
	spawn_fd(&sp, NULL, m->listen.fd);
	spawn_fd(&sp, NULL, m->shared_fd);
	sbuf_fmt(&state, "shift=%lld shared=%d listen=%d@%s", (long long)m->opt->shift_us,
		m->shared_fd, m->listen.fd, m->listen.where);
	if (m->admin.fd >= 0) {
		spawn_fd(&sp, NULL, m->admin.fd);
		sbuf_fmt(&state, " admin=%d@%s", m->admin.fd, m->admin.where);
	}
	children_save(&m->kids, &state);
	spawn_arg(&sp, "qrsvc");
	if (m->opt->config_path) {
		spawn_arg(&sp, "--config");
		spawn_arg(&sp, "%s", m->opt->config_path);
	}
	spawn_arg(&sp, "--resume");
	spawn_arg(&sp, "%s", sbuf_c(&state));
	sd_notify_reloading();
	spawn_exec(&sp);
	log_event(LOG_ERROR, "master.reload_failed", LOG_C("why", strerror(errno)));
	spawn_release(&sp);
	sbuf_release(&state);
}

static void preflight_done(struct master *m, int status)
{
	m->preflight = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		execute_anew(m);
	else
		log_event(LOG_ERROR, "master.reload_refused",
			LOG_C("hint", "the reason stands above; the old processes go on"));
}

static bool resume(struct master *m)
{
	struct str rest = str_c(m->opt->resume);
	while (rest.p) {
		struct str value = str_cut(&rest, ' '), key = str_cut(&value, '=');
		uint64_t fd;
		bool ok = true;
		if (str_eq(key, STR("listen"))) {
			ok = master_socket_resume(&m->listen, value);
		} else if (str_eq(key, STR("admin"))) {
			ok = master_socket_resume(&m->admin, value);
		} else if (str_eq(key, STR("shared"))) {
			ok = str_u64(value, &fd);
			m->shared = ok ? shared_map((int)fd) : NULL;
			m->shared_fd = m->shared ? (int)fd : -1;
			if (m->shared)
				fcntl(m->shared_fd, F_SETFD, FD_CLOEXEC);
		} else if (!str_eq(key, STR("shift"))) { /* main.c has read it */
			ok = children_resume(&m->kids, key, value);
		}
		if (!ok)
			return false;
	}
	return true;
}

static void reload_late_cb(void *arg)
{
	struct master *m = arg;
	log_event(LOG_ERROR, "master.reload_failed",
		LOG_C("why", "the new workers did not get ready; the old ones go on"));
	children_give_up_new(&m->kids);
}

/* ---- events ------------------------------------------------------------------------------ */

static void ready_cb(void *arg)
{
	struct master *m = arg;
	if (!m->announced) {
		m->announced = true;
		sd_notify_say("READY=1");
		log_event(LOG_NOTICE, "master.ready", LOG_C("listen", m->listen.where),
			LOG_I("workers", m->cfg->workers));
	}
	if (children_old(&m->kids)) {
		loop_timer_stop(&m->reload);
		children_end_old(&m->kids);
	}
}

static void child_cb(void *arg)
{
	struct master *m = arg;
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == m->preflight)
			preflight_done(m, status);
		else
			children_exited(&m->kids, pid, status, !m->ending);
	}
	if (m->ending && !children_count(&m->kids))
		loop_stop(m->loop);
}

static void tick_cb(void *arg)
{
	struct master *m = arg;
	sd_notify_watchdog();
	children_check(&m->kids);
	if (m->reload_again)
		hup_cb(m);
	loop_timer_set(&m->tick, TICK_MS);
}

/* ---- start ------------------------------------------------------------------------------- */

/* A copy of the file as it is now, so that a worker started again tomorrow reads the same. */
static int snapshot(const char *path)
{
	char buf[8192];
	ssize_t n;
	if (!path[0])
		return -1;
	int from = open(path, O_RDONLY | O_CLOEXEC);
	int to = memfd_create("qrsvc.ini", MFD_CLOEXEC);
	while (from >= 0 && to >= 0 && (n = read(from, buf, sizeof buf)) > 0)
		if (write(to, buf, (size_t)n) != n)
			break;
	if (from >= 0)
		close(from);
	return to;
}

static int run_preflight(const struct master_options *opt)
{
	struct spawn sp;
	int status;
	spawn_init(&sp, "/proc/self/exe");
	spawn_arg(&sp, "qrsvc");
	spawn_arg(&sp, "--preflight");
	if (opt->config_path) {
		spawn_arg(&sp, "--config");
		spawn_arg(&sp, "%s", opt->config_path);
	}
	pid_t pid = spawn_run(&sp);
	spawn_release(&sp);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 1;
	return WEXITSTATUS(status);
}

static int prepare(struct master *m)
{
	if (m->opt->resume && !resume(m)) {
		log_event(LOG_ERROR, "master.bad_resume", LOG_C("state", m->opt->resume));
		return 1;
	}
	if (!m->opt->resume) {
		master_sockets_given(m->cfg, &m->listen, &m->admin);
		int rc = run_preflight(m->opt);
		if (rc != 0)
			return rc;
	}
	if (!master_socket_open(&m->listen, m->cfg->listen))
		return 1;
	if (m->cfg->admin[0] && !master_socket_open(&m->admin, m->cfg->admin))
		return 1;
	if (!m->cfg->admin[0])
		master_socket_close(&m->admin, true);
	if (!m->shared)
		m->shared_fd = shared_create(&m->shared);
	if (m->shared_fd < 0) {
		fprintf(stderr, "qrsvc: no shared memory: %s\n", strerror(errno));
		return 1;
	}
	m->config_fd = snapshot(m->cfg->path);
	return 0;
}

static void release(struct master *m)
{
	loop_timer_stop(&m->tick);
	loop_timer_stop(&m->end);
	loop_timer_stop(&m->reload);
	for (size_t i = 0; i < 4; i++)
		loop_signal_stop(m->loop, (int[]){SIGTERM, SIGINT, SIGHUP, SIGCHLD}[i]);
	children_release(&m->kids);
	loop_free(m->loop);
}

int master_run(const struct config *cfg, const struct master_options *opt)
{
	static struct master m;
	m = (struct master){.cfg = cfg,
		.opt = opt,
		.listen.fd = -1,
		.admin.fd = -1,
		.shared_fd = -1,
		.config_fd = -1};
	log_role("master");
	spawn_self(); /* the path as it is now */
	signal(SIGPIPE, SIG_IGN);
	m.loop = loop_new();
	children_init(&m.kids, m.loop, start_child_cb, ready_cb, &m);
	int rc = prepare(&m);
	if (rc != 0)
		return rc;
	m.kids.shared = m.shared;
	children_adopt(&m.kids);
	loop_signal(m.loop, SIGTERM, end_cb, &m);
	loop_signal(m.loop, SIGINT, end_cb, &m);
	loop_signal(m.loop, SIGHUP, hup_cb, &m);
	loop_signal(m.loop, SIGCHLD, child_cb, &m);
	loop_timer_init(&m.tick, m.loop, tick_cb, &m);
	loop_timer_init(&m.reload, m.loop, reload_late_cb, &m);
	if (opt->resume)
		loop_timer_set(&m.reload, RELOAD_MS);
	start_all(&m, opt->resume != NULL);
	tick_cb(&m);
	child_cb(&m); /* whoever ended while this image was loading */
	loop_run(m.loop);
	log_event(LOG_NOTICE, "master.ended");
	release(&m);
	return m.status;
}
