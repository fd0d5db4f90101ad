/* cli: the commands of `qrsvc NAME ...`, each in a file of its own.
 *
 * main.c finds the word after the program's name in the table of commands.c and calls run()
 * with argv[0] = that word.  A command returns the exit status: 0 done, 1 refused or failed
 * (one line on standard error says what to do, nothing is half done), 2 wrong usage.  Results
 * go to standard output. Commands run as any user; none needs root. */
#ifndef QR_CLI_CLI_H
#define QR_CLI_CLI_H

#include "qrsvc/base/err.h"
#include "qrsvc/base/str.h"

struct config;

struct command {
	const char *name;
	const char *summary; /* one line for `qrsvc help` */
	const char *usage;   /* what stands after the name; several lines */
	/* NULL: runs in qrsvc-jobs (it needs fonts or libzbar), found there under the same name
	 */
	int (*run)(int argc, char **argv, const struct config *cfg);
};

/* Ends with an entry whose name is NULL. */
extern const struct command cli_commands[];
/* NULL if there is no such command. */
const struct command *cli_find(const char *name);

enum { CLI_OK = 0, CLI_FAIL = 1, CLI_USAGE = 2 };

int cli_migrate(int argc, char **argv, const struct config *cfg);
int cli_import(int argc, char **argv, const struct config *cfg);
int cli_verify(int argc, char **argv, const struct config *cfg);
int cli_calendar(int argc, char **argv, const struct config *cfg);
int cli_erase(int argc, char **argv, const struct config *cfg);
int cli_keygen(int argc, char **argv, const struct config *cfg);
int cli_user(int argc, char **argv, const struct config *cfg);
int cli_mirror(int argc, char **argv, const struct config *cfg);
int cli_check_links(int argc, char **argv, const struct config *cfg);
/* Run in qrsvc-jobs, which links the label library; qrsvc execs it for the name. */
int cli_labels(int argc, char **argv, const struct config *cfg);
int cli_doctor(int argc, char **argv, const struct config *cfg);

/* Helpers every command uses. */

/* "qrsvc NAME: text" on standard error; returns CLI_FAIL. */
int cli_fail(const char *command, const struct err *e);
/* "qrsvc NAME: ..., see `qrsvc help NAME`"; returns CLI_USAGE. */
int cli_usage(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Options: `--name VALUE`, `--name=VALUE` or a bare flag; "--" ends them.  Fills what `opts`
 * points to, moves the operands to the front of argv (after argv[0]) and returns their number,
 * or -1 after it has printed what is wrong. */
struct cli_opt {
	const char *name;   /* without dashes; NULL ends the list */
	const char **value; /* takes a value */
	bool *flag;	    /* or is a switch; several may share one */
};
int cli_options(const char *command, int argc, char **argv, const struct cli_opt *opts);

/* The folder of shared files named `what` ("sql", "deploy/profiles"): in the source tree the
 * binary was built in, else /usr/share/qrsvc/ and its last word.  Into buf; false if neither is
 * there. */
bool cli_data_dir(const char *what, char *buf, size_t size);

struct pgsync;
/* What `migrate --check` says: RC_OK when the database has exactly the migrations of folder
 * `sql` (their number in *ret_n), as a role that may read core.migration. */
enum rc cli_migrations(struct pgsync *pg, const char *sql, int *ret_n, struct err *e);

/* A whole file of at most max bytes; free(*ret_).  NUL is put behind it. */
enum rc cli_read_file(const char *path, size_t max, char **ret_, size_t *ret_n, struct err *e);

/* A bar on standard error when that is a terminal, otherwise silent.  done and total in any
 * one unit; total 0 shows only the count. */
struct cli_progress {
	const char *what;
	int64_t total, last_us;
	bool shown;
};
void cli_progress_init(struct cli_progress *p, const char *what, int64_t total);
void cli_progress_at(struct cli_progress *p, int64_t done);
void cli_progress_end(struct cli_progress *p);

#endif
