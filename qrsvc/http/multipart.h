/* multipart: multipart/form-data (RFC 7578, RFC 2046 5.1), streaming and pure.
 *
 * Feed the body in any pieces; parts come out as callbacks.  Limits: LIMIT_MULTIPART_PARTS,
 * _HEAD (per part) and _BOUNDARY.  Strict: CRLF only, every part a form-data with a name, one
 * Content-Disposition, no Content-Transfer-Encoding but binary, 7bit or 8bit; a body that does
 * not end with the closing delimiter is refused. */
#ifndef QR_HTTP_MULTIPART_H
#define QR_HTTP_MULTIPART_H

#include "qrsvc/base/arena.h"
#include "qrsvc/base/limits.h"

struct multipart_head {
	struct str name;
	struct str filename; /* STR_NONE: not a file.  For display only, never a path. */
	struct str type;     /* STR_NONE: not given */
};

struct multipart_ops {
	/* false stops the parser with MULTIPART_STOPPED.  head: valid as long as the arena. */
	bool (*part_cb)(void *arg, const struct multipart_head *head);
	bool (*data_cb)(void *arg, struct str data);
	bool (*end_cb)(void *arg);
};

enum multipart_rc {
	MULTIPART_OK,
	MULTIPART_BAD,	   /* 400 */
	MULTIPART_LIMIT,   /* 413: too many parts or a part's head too long */
	MULTIPART_STOPPED, /* a callback said so */
};

struct multipart {
	const struct multipart_ops *ops;
	void *arg;
	struct arena *arena;
	uint8_t state;
	unsigned parts;
	size_t delim_n, match; /* delimiter length, and how much of it has matched */
	size_t head_n;
	char delim[LIMIT_MULTIPART_BOUNDARY + 5]; /* CRLF -- boundary */
	char head[LIMIT_MULTIPART_HEAD];
};

/* Content-Type value -> boundary (RFC 2046 5.1.1); false: not multipart/form-data, or without a
 * valid boundary. */
bool multipart_boundary(struct arena *a, struct str content_type, struct str *ret_);
/* Names and file names go to the arena. */
void multipart_init(struct multipart *m, struct arena *a, struct str boundary,
	const struct multipart_ops *ops, void *arg);
enum multipart_rc multipart_feed(struct multipart *m, struct str data);
/* After the last byte: MULTIPART_OK only if the closing delimiter came. */
enum multipart_rc multipart_end(struct multipart *m);

#endif
