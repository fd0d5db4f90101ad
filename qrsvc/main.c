/* Owns the command line: finds out which of its roles this process plays, or which command is
 * meant, and hands over.  Does nothing itself. */
#include "qrsvc/base/clock.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/cli/cli.h"
#include "qrsvc/config.h"
#include "qrsvc/hasherd.h"
#include "qrsvc/master.h"
#include "qrsvc/spawn.h"
#include "qrsvc/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdarg.h>
#include <unistd.h>

#ifndef QRSVC_VERSION
#define QRSVC_VERSION "0.1"
#endif

enum role { ROLE_MASTER, ROLE_WORKER, ROLE_PREFLIGHT, ROLE_HASHER };

struct args {
	enum role role;
	struct master_options master;
	struct worker_fds worker;
	int64_t shift_us;
	bool has_shift;
	int rest; /* index of the command, 0: none */
};

/* Commands that need libraries only qrsvc-jobs links. */
static const char *const jobs_commands[] = {"labels", "doctor", NULL};

static int usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int usage(const char *fmt, ...)
{
	va_list ap;
	fputs("qrsvc: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("; see `qrsvc help`\n", stderr);
	return CLI_USAGE;
}

static void help(void)
{
	fputs("qrsvc [--config FILE]              run the service (as an ordinary user)\n"
	      "qrsvc [--config FILE] COMMAND ...  one of:\n",
		stdout);
	for (const struct command *c = cli_commands; c->name; c++)
		printf("  %-14s %s\n", c->name, c->summary);
	fputs("  check-config   check the configuration and print nothing else\n"
	      "  config-doc     print the documented default configuration\n"
	      "  version        print the version\n"
	      "  help [COMMAND]\n",
		stdout);
}

static int help_on(const char *name)
{
	const struct command *c = cli_find(name);
	if (!c)
		return usage("there is no command %s", name);
	printf("qrsvc %s: %s\n", c->name, c->summary);
	struct str rest = str_c(c->usage);
	while (rest.p && rest.n) {
		struct str line = str_cut(&rest, '\n');
		printf("%s%.*s\n", "  ", STR_F(line));
	}
	return CLI_OK;
}

/* ---- options ----------------------------------------------------------------------------- */

static bool number(const char *text, int64_t *ret_)
{
	return text && str_i64(str_c(text), ret_);
}

/* One of the numbers the master gives its children. */
static bool worker_option(struct args *a, const char *name, int64_t n)
{
	struct worker_fds *w = &a->worker;
	int fd = (int)n;
	if (strcmp(name, "--slot") == 0) {
		w->slot = fd;
		return true;
	}
	if (strcmp(name, "--shift") == 0) {
		a->shift_us = n;
		a->has_shift = true;
		return true;
	}
	if (strcmp(name, "--listen") == 0 && w->nlisten < 4)
		w->listen[w->nlisten++] = fd;
	else if (strcmp(name, "--admin") == 0)
		w->admin = fd;
	else if (strcmp(name, "--control") == 0)
		w->control = fd;
	else if (strcmp(name, "--shared") == 0)
		w->shared = fd;
	else
		return false;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return true;
}

static int parse(int argc, char **argv, struct args *a)
{
	for (int i = 1; i < argc; i++) {
		const char *o = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;
		int64_t n;
		if (strncmp(o, "--", 2) != 0) {
			a->rest = i;
			return 0;
		}
		if (strcmp(o, "--worker") == 0) {
			a->role = ROLE_WORKER;
		} else if (strcmp(o, "--hasher") == 0) {
			a->role = ROLE_HASHER;
		} else if (strcmp(o, "--preflight") == 0) {
			a->role = ROLE_PREFLIGHT;
		} else if (strcmp(o, "--wait") == 0) {
			a->worker.wait = true;
		} else if (strcmp(o, "--help") == 0) {
			argv[i] = (char *)(uintptr_t) "help";
			a->rest = i;
			return 0;
		} else if (strcmp(o, "--version") == 0) {
			argv[i] = (char *)(uintptr_t) "version";
			a->rest = i;
			return 0;
		} else if (!v) {
			return usage("%s wants a value", o);
		} else if (strcmp(o, "--config") == 0) {
			a->master.config_path = argv[++i];
		} else if (strcmp(o, "--resume") == 0) {
			a->master.resume = argv[++i];
		} else if (number(v, &n) && worker_option(a, o, n)) {
			i++;
		} else {
			return usage("there is no option %s", o);
		}
	}
	return 0;
}

/* ---- what to do -------------------------------------------------------------------------- */

/* The clock of tests and demonstrations: the same shift in every process of a service. */
static void set_clock(const struct config *cfg, struct args *a)
{
	int64_t us;
	ptrdiff_t at = a->master.resume ? str_find(str_c(a->master.resume), STR("shift=")) : -1;
	clock_zone(cfg->timezone);
	if (at >= 0) {
		struct str rest = str_c(a->master.resume + at + 6);
		a->has_shift = str_i64(str_cut(&rest, ' '), &a->shift_us);
	}
	if (!a->has_shift && cfg->clock[0] && clock_parse(str_c(cfg->clock), &us))
		a->shift_us = us - clock_now_us();
	if (a->shift_us)
		clock_set(clock_now_us() + a->shift_us);
	a->master.shift_us = a->shift_us;
}

static int run_beside(int argc, char **argv)
{
	char path[4096];
	struct spawn sp;
	if (!spawn_beside("qrsvc-jobs", path, sizeof path))
		return CLI_FAIL;
	if (argc > SPAWN_ARGS - 2) {
		fprintf(stderr, "qrsvc: more than %d words; do it in parts\n", SPAWN_ARGS - 2);
		return CLI_USAGE;
	}
	spawn_init(&sp, path);
	for (int i = 0; i < argc; i++)
		spawn_arg(&sp, "%s", argv[i]);
	spawn_exec(&sp);
	fprintf(stderr, "qrsvc: cannot run %s: %s; it belongs beside qrsvc\n", path,
		strerror(errno));
	spawn_release(&sp);
	return CLI_FAIL;
}

static int run_service(const struct config *cfg, struct args *a)
{
	if (a->role == ROLE_PREFLIGHT)
		return master_preflight(cfg);
	if (geteuid() == 0) {
		fputs("qrsvc: the service does not run as root; give it a user of its own "
		      "(systemd: User=qrsvc, by hand: setpriv --reuid=qrsvc --regid=qrsvc "
		      "--clear-groups qrsvc ...)\n",
			stderr);
		return CLI_USAGE;
	}
	return a->role == ROLE_WORKER ? worker_run(cfg, &a->worker)
				      : master_run(cfg, &a->master);
}

static int dispatch(int argc, char **argv, struct args *a)
{
	const char *name = a->rest ? argv[a->rest] : "";
	const struct command *c = cli_find(name);
	struct config *cfg = NULL;
	struct err e;
	if (strcmp(name, "config-doc") == 0) {
		config_doc(stdout);
		return CLI_OK;
	}
	if (strcmp(name, "version") == 0) {
		puts("qrsvc " QRSVC_VERSION);
		return CLI_OK;
	}
	if (strcmp(name, "help") == 0) {
		if (a->rest + 1 < argc)
			return help_on(argv[a->rest + 1]);
		help();
		return CLI_OK;
	}
	for (int i = 0; jobs_commands[i]; i++)
		if (strcmp(name, jobs_commands[i]) == 0)
			return run_beside(argc, argv);
	if (name[0] && !c && strcmp(name, "check-config") != 0)
		return usage("there is no command %s", name);
	if (config_load(a->master.config_path, &cfg, &e) != RC_OK) {
		fprintf(stderr, "qrsvc: %s\n", e.detail);
		return CLI_USAGE;
	}
	set_clock(cfg, a);
	int status = CLI_OK;
	if (c)
		status = c->run(argc - a->rest, argv + a->rest, cfg);
	else if (!name[0])
		status = run_service(cfg, a);
	config_free(cfg);
	return status;
}

int main(int argc, char **argv)
{
	struct args a = {.worker = {.admin = -1, .control = -1, .shared = -1}};
	setlocale(LC_CTYPE, "C.UTF-8");
	crypto_init();
	int status = parse(argc, argv, &a);
	if (!status && a.role == ROLE_HASHER) /* it needs no configuration */
		return hasherd_run(a.worker.control);
	return status ? status : dispatch(argc, argv, &a);
}
