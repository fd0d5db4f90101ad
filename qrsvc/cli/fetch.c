/* Owns the running of curl(1) for commands that ask for pages as a phone would.  Blocks; never
 * follows a redirect.  Called by check_links.c and doctor_host.c. */
#include "qrsvc/cli/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* What stands behind the last line end is the status that -w wrote. */
static int take_status(struct sbuf *body)
{
	for (size_t i = body->n; !body->over && i-- > 0;)
		if (body->p[i] == '\n') {
			uint64_t v = 0;

			(void)str_u64(str_sub(sbuf_view(body), i + 1, body->n), &v);
			body->n = i;
			return (int)v;
		}
	return 0;
}

enum rc fetch_get(const char *url, const char *const *more, struct sbuf *body, int *ret_status,
	struct err *e)
{
	char *argv[10 + FETCH_MORE] = {
		"curl", "-sS", "--max-redirs", "0", "-m", "10", "-w", "\n%{http_code}"};
	int argc = 8;
	posix_spawn_file_actions_t fa;
	char buf[4096];
	int p[2], status = 0, failed;
	ssize_t n;
	pid_t pid;

	for (int i = 0; more && more[i] && i < FETCH_MORE; i++)
		argv[argc++] = (char *)(uintptr_t)more[i];
	argv[argc] = (char *)(uintptr_t)url;
	sbuf_clear(body);
	*ret_status = 0;
	if (pipe2(p, O_CLOEXEC) != 0)
		return err_set(e, RC_IO, "no pipe: %s", strerror(errno));
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, p[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&fa, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	failed = posix_spawnp(&pid, "curl", &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	close(p[1]);
	if (failed) {
		close(p[0]);
		return err_set(e, RC_IO, "cannot run curl: %s; install the package curl",
			strerror(failed));
	}
	while ((n = read(p[0], buf, sizeof buf)) > 0)
		sbuf_add(body, buf, (size_t)n);
	close(p[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status))
		*ret_status = take_status(body);
	return RC_OK;
}
