/* Owns the command line of qrsvc-jobs: `qrsvc-jobs --jobs` is what the master keeps running,
 * `qrsvc-jobs [--config FILE] labels ...` is what `qrsvc labels` hands over to, because only
 * this program links fonts and the reader of QR codes.  Does nothing itself. */
#include "qrsvc/base/clock.h"
#include "qrsvc/base/log.h"
#include "qrsvc/cli/cli.h"
#include "qrsvc/jobs/due.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int usage(const char *what)
{
	fprintf(stderr, "qrsvc-jobs: %s is not expected; `qrsvc` starts this program itself\n",
		what);
	return CLI_USAGE;
}

static int run_jobs(const struct config *cfg, int64_t shift_us)
{
	if (geteuid() == 0)
		return usage("running as root");
	if (shift_us)
		clock_set(clock_now_us() + shift_us);
	log_role("jobs");
	due_run(cfg);
	return CLI_OK;
}

int main(int argc, char **argv)
{
	const char *path = NULL;
	struct config *cfg = NULL;
	struct err e = {0};
	int64_t shift_us = 0;
	bool jobs = false;
	int i, status;

	for (i = 1; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--jobs") == 0)
			jobs = true;
		else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			path = argv[++i];
		else if (strcmp(argv[i], "--shift") == 0 && i + 1 < argc &&
			 str_i64(str_c(argv[i + 1]), &shift_us))
			i++;
		else
			return usage(argv[i]);
	}
	if (jobs == (i < argc) || (!jobs && strcmp(argv[i], "labels") != 0))
		return usage(i < argc ? argv[i] : "nothing");
	if (config_load(path, &cfg, &e) != RC_OK) {
		fprintf(stderr, "qrsvc-jobs: %s\n", e.detail);
		return CLI_USAGE;
	}
	clock_zone(cfg->timezone);
	status = jobs ? run_jobs(cfg, shift_us) : cli_labels(argc - i, argv + i, cfg);
	config_free(cfg);
	return status;
}
