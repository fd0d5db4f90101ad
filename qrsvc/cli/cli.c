/* Owns what all commands share: options, one-line errors, small files, the progress bar.  Never
 * touches the database. */
#include "qrsvc/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qrsvc/base/arena.h"
#include "qrsvc/base/clock.h"

int cli_fail(const char *command, const struct err *e)
{
	fprintf(stderr, "qrsvc %s: %s\n", command, e->detail);
	return CLI_FAIL;
}

int cli_usage(const char *command, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "qrsvc %s: ", command);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; see `qrsvc help %s`\n", command);
	return CLI_USAGE;
}

static const struct cli_opt *opt_find(const struct cli_opt *opts, struct str name)
{
	for (; opts->name; opts++)
		if (str_eq(str_c(opts->name), name))
			return opts;
	return NULL;
}

int cli_options(const char *command, int argc, char **argv, const struct cli_opt *opts)
{
	int operands = 0;
	bool ended = false;

	for (int i = 1; i < argc; i++) {
		struct str rest, name;
		const struct cli_opt *o;

		if (ended || strncmp(argv[i], "--", 2) != 0) {
			argv[1 + operands++] = argv[i];
			continue;
		}
		if (!argv[i][2]) {
			ended = true;
			continue;
		}
		rest = str_c(argv[i] + 2);
		name = str_cut(&rest, '=');
		o = opt_find(opts, name);
		if (!o) {
			cli_usage(command, "unknown option --%.*s", STR_F(name));
			return -1;
		}
		if (o->flag && !rest.p) {
			*o->flag = true;
		} else if (o->flag) {
			cli_usage(command, "option --%s takes no value", o->name);
			return -1;
		} else if (rest.p) {
			*o->value = rest.p;
		} else if (i + 1 < argc) {
			*o->value = argv[++i];
		} else {
			cli_usage(command, "option --%s needs a value", o->name);
			return -1;
		}
	}
	return operands;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool cli_data_dir(const char *what, char *buf, size_t size)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	/* In a source tree the binary is TREE/build/VARIANT/qrsvc. */
	for (int up = 0; n > 0 && up < 4; up++) {
		char *slash = (exe[n] = 0, strrchr(exe, '/'));

		if (!slash || slash == exe)
			break;
		*slash = 0;
		n = slash - exe;
		if (snprintf(buf, size, "%s/Makefile", exe) < (int)size &&
			access(buf, R_OK) == 0 &&
			snprintf(buf, size, "%s/%s", exe, what) < (int)size && is_dir(buf))
			return true;
	}
	return snprintf(buf, size, "/usr/share/qrsvc/%s",
		       strrchr(what, '/') ? strrchr(what, '/') + 1 : what) < (int)size &&
	       is_dir(buf);
}

enum rc cli_read_file(const char *path, size_t max, char **ret_, size_t *ret_n, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	char *buf;
	ssize_t got;

	if (fd < 0)
		return err_set(e, RC_IO, "cannot open %s: %s", path, strerror(errno));
	buf = xmalloc(max + 2);
	while (n <= max && (got = read(fd, buf + n, max + 1 - n)) != 0) {
		if (got < 0) {
			enum rc rc =
				err_set(e, RC_IO, "cannot read %s: %s", path, strerror(errno));

			close(fd);
			free(buf);
			return rc;
		}
		n += (size_t)got;
	}
	close(fd);
	if (n > max) {
		free(buf);
		return err_set(e, RC_TOO_LARGE, "%s is larger than %zu bytes", path, max);
	}
	buf[n] = 0;
	*ret_ = buf;
	*ret_n = n;
	return RC_OK;
}

void cli_progress_init(struct cli_progress *p, const char *what, int64_t total)
{
	*p = (struct cli_progress){what, total, 0, isatty(STDERR_FILENO) == 1};
}

#define BAR_EVERY_US (100 * 1000) /* ten times a second is as fast as anyone looks */

void cli_progress_at(struct cli_progress *p, int64_t done)
{
	static const char full[] = "##############################";
	const int width = (int)sizeof full - 1;
	int64_t now;

	if (!p->shown || (now = clock_mono_us()) - p->last_us < BAR_EVERY_US)
		return;
	p->last_us = now;
	if (p->total > 0) {
		int part = (int)((done < p->total ? done : p->total) * width / p->total);

		fprintf(stderr, "\r%s [%.*s%*s] %3d %%", p->what, part, full, width - part, "",
			(int)(done * 100 / p->total));
	} else {
		fprintf(stderr, "\r%s %lld", p->what, (long long)done);
	}
}

void cli_progress_end(struct cli_progress *p)
{
	if (p->shown && p->last_us)
		fprintf(stderr, "\r\033[K"); /* ECMA-48 EL: erase to the end of the line */
}
