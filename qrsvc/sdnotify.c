/* Owns nothing: one datagram a call.  Called by master.c. */
#include "qrsvc/sdnotify.h"

#include "qrsvc/base/clock.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void sd_notify_say(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	if (!n || n >= sizeof a.sun_path)
		return;
	memcpy(a.sun_path, path, n);
	if (a.sun_path[0] == '@')
		a.sun_path[0] = 0; /* abstract name */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Nobody listening is no reason not to serve. */
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&a,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}

void sd_notify_reloading(void)
{
	char text[64];
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)clock_mono_us());
	sd_notify_say(text);
}

void sd_notify_watchdog(void)
{
	if (getenv("WATCHDOG_USEC"))
		sd_notify_say("WATCHDOG=1");
}
