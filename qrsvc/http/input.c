/* Owns the memory and the unnamed files of one request's content.  Never answers; returns the
 * status of a refusal.  Called by http/connection.c. */
#include "qrsvc/http/input.h"

#include "qrsvc/base/sbuf.h"
#include "qrsvc/http/body.h"
#include "qrsvc/http/multipart.h"
#include "qrsvc/http/uri.h"

#include <stdlib.h>
#include <unistd.h>

struct http_input {
	struct http_exchange *x;
	const char *spool;
	uint64_t left; /* by length */
	uint64_t size; /* taken */
	uint64_t file_limit;
	struct http_chunked chunked;
	struct sbuf mem; /* HTTP_BODY_MEMORY, urlencoded, and the text parts of a form */
	struct multipart *multi;
	struct http_part *part; /* being received */
	size_t texts;		/* bytes of all text parts */
	int status;		/* set by a multipart callback */
};

static bool is_multipart(struct str type)
{
	struct str rest = type;
	return type.p &&
	       str_ieq(str_trim(str_cut(&rest, ';'), " \t"), STR("multipart/form-data"));
}

static bool is_urlencoded(struct str type)
{
	struct str rest = type;
	return type.p && str_ieq(str_trim(str_cut(&rest, ';'), " \t"),
				 STR("application/x-www-form-urlencoded"));
}

/* --- forms ------------------------------------------------------------------------------- */

static bool part_begins(void *arg, const struct multipart_head *head)
{
	struct http_input *in = arg;
	struct http_body *body = &in->x->req.body;
	if (!body->parts)
		body->parts =
			arena_array(&in->x->arena, LIMIT_MULTIPART_PARTS, sizeof *body->parts);
	in->part = &body->parts[body->nparts++];
	*in->part = (struct http_part){
		.name = head->name, .filename = head->filename, .type = head->type, .fd = -1};
	sbuf_clear(&in->mem);
	return true;
}

static bool file_data(struct http_input *in, struct str data)
{
	struct http_part *part = in->part;
	if (part->size + data.n > in->file_limit) {
		in->status = 413;
		return false;
	}
	if (part->fd < 0)
		part->fd = http_spool_open(in->spool);
	/* No descriptor, no room: not the client's fault, and later it may work. */
	if (part->fd < 0 || !http_spool_write(part->fd, data)) {
		in->status = 503;
		return false;
	}
	part->size += data.n;
	return true;
}

static bool part_data(void *arg, struct str data)
{
	struct http_input *in = arg;
	if (in->part->filename.p)
		return file_data(in, data);
	in->texts += data.n;
	sbuf_str(&in->mem, data);
	if (in->mem.over || in->texts > LIMIT_BODY_SMALL) {
		in->status = 413;
		return false;
	}
	return true;
}

static bool part_ends(void *arg)
{
	struct http_input *in = arg;
	struct http_part *part = in->part;
	if (!part->filename.p) {
		part->value = arena_str(&in->x->arena, sbuf_view(&in->mem));
		part->size = part->value.n;
		/* as uri.c has it: the database keeps neither */
		if (!str_utf8(part->value) || str_chr(part->value, 0) >= 0) {
			in->status = 400;
			return false;
		}
	} else if (part->fd >= 0 && lseek(part->fd, 0, SEEK_SET) != 0) {
		in->status = 503;
		return false;
	}
	in->part = NULL;
	return true;
}

static const struct multipart_ops form_ops = {part_begins, part_data, part_ends};

static int multipart_status(const struct http_input *in, enum multipart_rc rc)
{
	switch (rc) {
	case MULTIPART_OK:
		return 0;
	case MULTIPART_LIMIT:
		return 413;
	case MULTIPART_STOPPED:
		return in->status ? in->status : 400;
	default:
		return 400;
	}
}

static int finish_urlencoded(struct http_input *in)
{
	struct http_body *body = &in->x->req.body;
	struct arena *a = &in->x->arena;
	struct str rest = arena_str(a, sbuf_view(&in->mem)), name, value;
	enum uri_pair rc;
	size_t cap = 1;
	for (size_t i = 0; i < rest.n; i++)
		cap += rest.p[i] == '&';
	if (cap > LIMIT_FORM_PAIRS)
		return 413;
	body->parts = arena_array(a, cap, sizeof *body->parts);
	while ((rc = uri_pair_next(a, &rest, &name, &value)) == URI_PAIR)
		body->parts[body->nparts++] = (struct http_part){
			.name = name, .value = value, .fd = -1, .size = value.n};
	return rc == URI_END ? 0 : 400;
}

/* --- all kinds --------------------------------------------------------------------------- */

static int start_form(struct http_input *in)
{
	struct http_exchange *x = in->x;
	struct str type = http_known(&x->req, HTTP_F_CONTENT_TYPE), boundary;
	if (is_urlencoded(type))
		return 0;
	if (!is_multipart(type))
		return 415;
	if (!multipart_boundary(&x->arena, type, &boundary))
		return 400;
	in->multi = xmalloc(sizeof *in->multi);
	multipart_init(in->multi, &x->arena, boundary, &form_ops, in);
	return 0;
}

int http_input_start(struct http_exchange *x, const char *spool, struct http_input **ret_)
{
	const struct http_policy *policy = &x->policy;
	if (x->req.has_length && x->req.content_length > policy->limit)
		return 413;
	struct http_input *in = xcalloc(1, sizeof *in);
	in->x = x;
	in->spool = spool;
	in->left = x->req.content_length;
	in->file_limit = policy->file_limit ? policy->file_limit : policy->limit;
	sbuf_init(&in->mem, LIMIT_BODY_SMALL);
	http_chunked_init(&in->chunked);
	x->req.body.fd = -1;
	*ret_ = in;
	if (policy->kind == HTTP_BODY_FORM)
		return start_form(in);
	if (policy->kind == HTTP_BODY_SPOOL) {
		x->req.body.fd = http_spool_open(spool);
		return x->req.body.fd < 0 ? 503 : 0;
	}
	return 0;
}

static int take(struct http_input *in, struct str data)
{
	in->size += data.n;
	if (in->size > in->x->policy.limit)
		return 413;
	if (in->multi)
		return multipart_status(in, multipart_feed(in->multi, data));
	if (in->x->policy.kind == HTTP_BODY_SPOOL)
		return http_spool_write(in->x->req.body.fd, data) ? 0 : 503;
	sbuf_str(&in->mem, data);
	return in->mem.over ? 413 : 0;
}

static int finish(struct http_input *in)
{
	struct http_body *body = &in->x->req.body;
	int status = 0;
	body->size = in->size;
	if (in->multi)
		status = multipart_status(in, multipart_end(in->multi));
	else if (in->x->policy.kind == HTTP_BODY_FORM)
		status = finish_urlencoded(in);
	else if (in->x->policy.kind == HTTP_BODY_SPOOL)
		status = lseek(body->fd, 0, SEEK_SET) == 0 ? 0 : 503;
	else
		body->bytes = in->mem.p ? sbuf_view(&in->mem) : STR("");
	return status ? status : HTTP_INPUT_DONE;
}

static int feed_chunked(struct http_input *in, const char *buf, size_t n, size_t *ret_used)
{
	struct str data;
	*ret_used = 0;
	for (;;) {
		switch (http_chunked_next(&in->chunked, buf, n, ret_used, &data)) {
		case CHUNK_DATA: {
			int status = take(in, data);
			if (status)
				return status;
			break;
		}
		case CHUNK_END:
			return finish(in);
		case CHUNK_BAD:
			return 400;
		default:
			return HTTP_INPUT_MORE;
		}
	}
}

int http_input_feed(struct http_input *in, const char *buf, size_t n, size_t *ret_used)
{
	if (in->x->req.chunked)
		return feed_chunked(in, buf, n, ret_used);
	size_t part = n < in->left ? n : (size_t)in->left;
	int status = part ? take(in, (struct str){buf, part}) : 0;
	*ret_used = part;
	in->left -= part;
	if (status)
		return status;
	return in->left ? HTTP_INPUT_MORE : finish(in);
}

uint64_t http_input_left(const struct http_input *in)
{
	return in->x->req.chunked ? 0 : in->left;
}

void http_input_free(struct http_input *in)
{
	if (!in)
		return;
	struct http_body *body = &in->x->req.body;
	if (body->fd >= 0)
		close(body->fd);
	for (size_t i = 0; i < body->nparts; i++)
		if (body->parts[i].fd >= 0)
			close(body->parts[i].fd);
	sbuf_release(&in->mem);
	free(in->multi);
	free(in);
}
