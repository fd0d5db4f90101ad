/* Owns the role name and threshold of this process; writes whole lines with one write(2). */
#include "qrsvc/base/log.h"

#include "qrsvc/base/clock.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/sbuf.h"

#include <unistd.h>

static struct {
	const char *role;
	enum log_level least;
	int tty; /* 0 not yet asked, 1 terminal, 2 not */
} out = {.role = NULL, .least = LOG_INFO};

void log_role(const char *role)
{
	out.role = role;
	out.tty = isatty(STDERR_FILENO) ? 1 : 2;
}

void log_threshold(enum log_level least)
{
	out.least = least;
}

bool log_every(int64_t *last, int every_s)
{
	int64_t now = clock_mono_us();
	if (*last && now - *last < (int64_t)every_s * 1000000)
		return false;
	*last = now;
	return true;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
	struct sbuf b;
	if (level > out.least)
		return;
	if (!out.tty)
		out.tty = isatty(STDERR_FILENO) ? 1 : 2;
	sbuf_init(&b, LIMIT_LOG_LINE);
	if (out.tty == 2)
		sbuf_fmt(&b, "<%d>", (int)level);
	if (out.role)
		sbuf_fmt(&b, "%s ", out.role);
	sbuf_puts(&b, event);
	for (const struct log_field *f = fields; f->key; f++) {
		sbuf_fmt(&b, " %s=", f->key);
		if (f->is == LOG_IS_INT) {
			sbuf_fmt(&b, "%lld", (long long)f->i);
			continue;
		}
		bool quote = f->s.n == 0 || str_chr(f->s, ' ') >= 0 || str_chr(f->s, '=') >= 0;
		sbuf_puts(&b, quote ? "\"" : "");
		sbuf_log(&b, f->s);
		sbuf_puts(&b, quote ? "\"" : "");
	}
	b.over = false; /* a cut line is better than none */
	b.max++;
	sbuf_byte(&b, '\n');
	/* A log that cannot be written has nowhere to be reported. */
	ssize_t ignored = write(STDERR_FILENO, b.p, b.n);
	(void)ignored;
	sbuf_release(&b);
}
