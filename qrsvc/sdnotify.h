/* sdnotify: the few words systemd wants to hear (sd_notify(3)); silent without NOTIFY_SOCKET.
 */
#ifndef QRSVC_SDNOTIFY_H
#define QRSVC_SDNOTIFY_H

void sd_notify_say(const char *text);
/* RELOADING=1 with the time it asks for; READY=1 ends it. */
void sd_notify_reloading(void);
/* WATCHDOG=1 if the unit has WatchdogSec; called more often than half of it (once a second). */
void sd_notify_watchdog(void);

#endif
