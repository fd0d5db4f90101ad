/* Owns the command line of qrsvc-jobs: the jobs process of a host (`--jobs`, started by the
 * master) and the commands that need libraries qrsvc does not link (`labels`, `doctor`).  It is
 * never called by hand: qrsvc executes it. */
#include "qrsvc/base/clock.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/log.h"
#include "qrsvc/cli/cli.h"
#include "qrsvc/config.h"
#include "qrsvc/jobs/queue.h"
#include "qrsvc/net/ipc.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

struct args {
	const char *config;
	int64_t shift_us;
	int control;
	bool jobs;
	int rest;
};

struct jobs {
	struct loop *loop;
	struct pgpool *db;
	struct queue *queue;
	struct ipc *control;
};

static bool parse(int argc, char **argv, struct args *a)
{
	for (int i = 1; i < argc; i++) {
		const char *v = i + 1 < argc ? argv[i + 1] : NULL;
		int64_t n = -1;
		if (strncmp(argv[i], "--", 2) != 0) {
			a->rest = i;
			return true;
		}
		if (strcmp(argv[i], "--jobs") == 0) {
			a->jobs = true;
			continue;
		}
		if (v && strcmp(argv[i], "--config") == 0)
			a->config = v;
		else if (v && strcmp(argv[i], "--shift") == 0 && str_i64(str_c(v), &n))
			a->shift_us = n;
		else if (v && strcmp(argv[i], "--control") == 0 && str_i64(str_c(v), &n))
			a->control = (int)n;
		else
			return false;
		i++;
	}
	return a->jobs;
}

static void stop_cb(void *arg)
{
	struct jobs *j = arg;
	loop_stop(j->loop);
}

static void message_cb(
	void *arg, struct ipc *ch, const void *data, size_t n, const int *fds, size_t nfds)
{
	(void)ch, (void)data, (void)n, (void)fds, (void)nfds;
	stop_cb(arg); /* the only thing the master says */
}

static void closed_cb(void *arg, struct ipc *ch)
{
	struct jobs *j = arg;
	ipc_free(ch);
	j->control = NULL;
	stop_cb(j);
}

static int run_jobs(const struct config *cfg, const struct args *a)
{
	struct jobs j = {.loop = loop_new()};
	struct pgpool_options opt = {.dsn = cfg->dsn,
		.connections = {0, 0, 1},
		.depth = 4,
		.queue = 16,
		.connect_ms = 5000};
	struct err e;
	char who[96] = "", host[64] = "";
	log_role("jobs");
	if (pgpool_new(j.loop, &opt, NULL, NULL, &j.db, &e) != RC_OK) {
		log_event(LOG_ERROR, "jobs.cannot_start", LOG_C("detail", e.detail));
		loop_free(j.loop);
		return CLI_USAGE;
	}
	gethostname(host, sizeof host - 1);
	snprintf(who, sizeof who, "%s/%d", host, (int)getpid());
	signal(SIGINT, SIG_IGN); /* of a terminal: the master decides */
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	loop_signal(j.loop, SIGTERM, stop_cb, &j);
	if (a->control >= 0) {
		fcntl(a->control, F_SETFD, FD_CLOEXEC);
		j.control = ipc_new(j.loop, a->control, message_cb, closed_cb, &j);
	}
	j.queue = queue_new(j.loop, j.db, cfg, who);
	loop_run(j.loop);
	/* A step that is under way ends or not in its own transaction; the lease runs out. */
	queue_free(j.queue);
	pgpool_free(j.db);
	if (j.control)
		ipc_free(j.control);
	loop_signal_stop(j.loop, SIGTERM);
	loop_free(j.loop);
	return CLI_OK;
}

int main(int argc, char **argv)
{
	struct args a = {.control = -1};
	struct config *cfg;
	struct err e;
	setlocale(LC_CTYPE, "C.UTF-8");
	crypto_init();
	if (!parse(argc, argv, &a)) {
		fputs("qrsvc-jobs: started by qrsvc only; see `qrsvc help`\n", stderr);
		return CLI_USAGE;
	}
	if (config_load(a.config, &cfg, &e) != RC_OK) {
		fprintf(stderr, "qrsvc: %s\n", e.detail);
		return CLI_USAGE;
	}
	clock_zone(cfg->timezone);
	if (a.shift_us)
		clock_set(clock_now_us() + a.shift_us);
	int status = CLI_USAGE;
	if (a.jobs)
		status = run_jobs(cfg, &a);
	else if (strcmp(argv[a.rest], "labels") == 0)
		status = cli_labels(argc - a.rest, argv + a.rest, cfg);
	else if (strcmp(argv[a.rest], "doctor") == 0)
		status = cli_doctor(argc - a.rest, argv + a.rest, cfg);
	else
		fprintf(stderr, "qrsvc-jobs: there is no command %s\n", argv[a.rest]);
	config_free(cfg);
	return status;
}
