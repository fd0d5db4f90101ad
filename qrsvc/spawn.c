/* Owns argument lists of our own processes and the moment between fork and exec, where only
 * async-signal-safe calls are made.  Called by main.c and master.c. */
#include "qrsvc/spawn.h"

#include "qrsvc/base/arena.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

void spawn_init(struct spawn *s, const char *path)
{
	*s = (struct spawn){.path = path};
}

void spawn_release(struct spawn *s)
{
	for (int i = 0; i < s->argc; i++)
		free(s->argv[i]);
	s->argc = 0;
	if (s->env)
		free(s->env[0]);
	free(s->env);
	s->env = NULL;
}

void spawn_arg(struct spawn *s, const char *fmt, ...)
{
	va_list ap;
	char *text = NULL;
	assert(s->argc < SPAWN_ARGS - 1);
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	s->argv[s->argc++] = text;
	s->argv[s->argc] = NULL;
}

void spawn_fd(struct spawn *s, const char *name, int fd)
{
	if (fd < 0)
		return;
	assert(s->nkeep < SPAWN_FDS);
	s->keep[s->nkeep++] = fd;
	if (name) {
		spawn_arg(s, "%s", name);
		spawn_arg(s, "%d", fd);
	}
}

void spawn_env(struct spawn *s, const char *name, const char *value)
{
	size_t n = 0;
	char *text = NULL;
	assert(!s->env);
	if (getenv(name))
		return;
	while (environ[n])
		n++;
	if (asprintf(&text, "%s=%s", name, value) < 0)
		abort();
	s->env = xcalloc(n + 2, sizeof(char *));
	s->env[0] = text;
	memcpy(s->env + 1, environ, n * sizeof(char *));
}

void spawn_exec(struct spawn *s)
{
	for (int i = 0; i < s->nkeep; i++)
		fcntl(s->keep[i], F_SETFD, 0);
	execve(s->path, s->argv, s->env ? s->env : environ);
}

pid_t spawn_run(struct spawn *s)
{
	sigset_t none;
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	spawn_exec(s);
	_exit(127);
}

const char *spawn_self(void)
{
	static char path[PATH_MAX];
	static const char deleted[] = " (deleted)";
	if (!path[0]) {
		ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
		path[n > 0 ? n : 0] = 0;
		struct str s = str_c(path);
		if (str_ends(s, STR(" (deleted)")))
			path[s.n - (sizeof deleted - 1)] = 0;
	}
	return path;
}

bool spawn_beside(const char *name, char *buf, size_t size)
{
	const char *self = spawn_self(), *slash = strrchr(self, '/');
	int dir = slash ? (int)(slash - self) : 0;
	int n = snprintf(buf, size, "%.*s/%s", dir, self, name);
	return n > 0 && (size_t)n < size;
}
