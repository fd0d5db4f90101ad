/* Owns the chain's part of `qrsvc verify`: every act of the audit, every head with its
 * signature, and, with --heads, that each head somebody kept (a saved /chain.json) is still
 * there as it was. A chain alone can be rewritten from its end by whoever owns the database; a
 * head that has left the host cannot.  Called by verify.c. */
#include "qrsvc/cli/verify.h"

#include "qrsvc/app/keyfile.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"

#include <stdio.h>
#include <string.h>

#define PIECE 2000
#define HEADS_FILE_MAX (64u * MIB)
/* Keys one after another that heads may be signed by; one lasts for years. */
#define KEYS_MAX 8u

/* Heads of the database by id, for comparing with those of the file. */
struct kept {
	int64_t id;
	struct str text;
};
struct heads {
	struct kept *list; /* rising ids */
	size_t n, cap;
	struct str waits; /* the one that has no signature yet */
	/* Those of --key, the oldest first; none: whichever signed. */
	size_t nkeys;
	unsigned char keys[KEYS_MAX][SIGN_PUBLIC];
	size_t newest; /* that has signed a head; older ones sign no more */
};

/* --key: names or keys by commas, as keyfile_public() takes one. */
static enum rc read_keys(struct heads *h, const char *list, struct err *e)
{
	while (list) {
		const char *end = strchrnul(list, ',');
		char one[512];

		if (h->nkeys == KEYS_MAX)
			return err_set(e, RC_BAD, "--key: at most %u keys", KEYS_MAX);
		if ((size_t)(end - list) >= sizeof one)
			return err_set(e, RC_BAD, "--key: a name that long is none");
		snprintf(one, sizeof one, "%.*s", (int)(end - list), list);
		enum rc rc = keyfile_public(one, h->keys[h->nkeys], e);

		if (rc != RC_OK)
			return rc;
		h->nkeys++;
		list = *end ? end + 1 : NULL;
	}
	return RC_OK;
}

/* What is wrong with the signature; NULL: nothing, and which of the keys it is goes to ret_.
 * key, signature: hexadecimal, perhaps with the \\x of PostgreSQL before them. */
static const char *unsigned_by(const struct heads *h, struct str text, struct str key,
	struct str signature, size_t *ret_)
{
	unsigned char public[SIGN_PUBLIC], s[SIGN_BYTES];
	size_t i = 0;

	if (str_starts(key, STR("\\x")))
		key = str_sub(key, 2, key.n);
	if (str_starts(signature, STR("\\x")))
		signature = str_sub(signature, 2, signature.n);
	if (!hex_decode(key, public, sizeof public) || !hex_decode(signature, s, sizeof s))
		return "is not signed";
	while (i < h->nkeys && memcmp(public, h->keys[i], sizeof public) != 0)
		i++;
	if (h->nkeys && i == h->nkeys)
		return "is signed by another key";
	*ret_ = i;
	return sign_check(public, text, s) ? NULL : "the signature does not fit";
}

static void keep(struct heads *h, struct arena *mem, struct str id, struct str text)
{
	struct kept one = {.text = arena_str(mem, text)};

	if (h->n == h->cap) {
		h->cap = h->cap ? 2 * h->cap : 256;
		h->list = xrealloc(h->list, h->cap * sizeof *h->list);
	}
	if (str_i64(id, &one.id))
		h->list[h->n++] = one;
}

static void one_head(struct verify *v, void *arg, struct arena *mem,
	const struct pgsync_rows *rows, size_t i)
{
	struct heads *h = arg;
	struct str id = pgsync_cell(rows, i, 0), problem = pgsync_cell(rows, i, 1),
		   text = pgsync_cell(rows, i, 2), signature = pgsync_cell(rows, i, 4);

	if (!id.p)
		return;
	if (problem.p)
		verify_complain(v, "head", id, STR_NONE, problem);
	/* The newest one may be waiting for its signature; none before it. */
	if (h->waits.n)
		verify_complain(v, "head", h->waits, STR_NONE, STR("is not signed"));
	h->waits = signature.p ? STR_NONE : arena_str(mem, id);
	if (!text.p || !signature.p)
		return;
	size_t by = 0;
	const char *bad = unsigned_by(h, text, pgsync_cell(rows, i, 3), signature, &by);

	/* Ids rise: whoever finds an old key cannot sign what comes now. */
	if (!bad && by < h->newest)
		bad = "is signed by a key that was replaced before";
	if (bad)
		verify_complain(v, "head", id, STR_NONE, str_c(bad));
	else
		h->newest = by;
	const struct json *said = NULL;

	if (json_parse(mem, text, LIMIT_DOCUMENT, false, NULL, &said) == RC_OK)
		v->acts = json_int(said, "audit_seq", 0);
	v->signed_heads++;
	if (v->heads)
		keep(h, mem, id, text);
}

/* ---- heads somebody kept -------------------------------------------------------------------
 */

static int by_id(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static const char *file_head(const struct heads *h, const struct json *head, int64_t id)
{
	struct str text = json_str(head, "text");
	size_t by;
	const char *bad =
		unsigned_by(h, text, json_str(head, "key"), json_str(head, "signature"), &by);
	const struct kept want = {.id = id};
	const struct kept *have =
		h->n ? bsearch(&want, h->list, h->n, sizeof want, by_id) : NULL;

	if (bad)
		return bad;
	if (!have)
		return "was published and is gone";
	return str_eq(have->text, text) ? NULL : "was published with another text";
}

/* A saved /chain.json, or the document in it. */
static enum rc of_file(
	struct verify *v, const struct heads *h, struct arena *mem, struct err *e)
{
	const struct json *doc, *list;
	char *text = NULL;
	size_t n = 0, seen = 0;
	enum rc rc = cli_read_file(v->heads, HEADS_FILE_MAX, &text, &n, e);

	if (rc == RC_OK)
		rc = json_parse(mem, (struct str){text, n}, HEADS_FILE_MAX, false, e, &doc);
	free(text);
	if (rc != RC_OK)
		return rc;
	list = json_get(doc, "heads");
	if (!list)
		list = json_get(json_get(doc, "document"), "heads");
	json_each (head, list) {
		int64_t id = json_int(head, "id", 0);
		char name[24];
		const char *bad = file_head(h, head, id);

		snprintf(name, sizeof name, "%lld", (long long)id);
		if (bad)
			verify_complain(v, "head", str_c(name), STR_NONE, str_c(bad));
		seen++;
	}
	return seen ? RC_OK
		    : err_set(e, RC_BAD, "%s holds no heads; save /chain.json of the service",
			      v->heads);
}

enum rc verify_chain(struct verify *v, struct arena *mem, struct err *e)
{
	static char act[] = "act";
	struct heads h = {0};
	enum rc rc = read_keys(&h, v->key, e);
	const struct verify_walk acts = {
		"SELECT seq, problem, last_seq FROM api.verify_audit($1, $2)", "0", 2, PIECE,
		verify_plain, act};
	const struct verify_walk heads = {"SELECT id, problem, text, key, signature, last_id "
					  "FROM api.verify_heads($1, $2)",
		"0", 5, PIECE, one_head, &h};
	if (rc == RC_OK)
		rc = verify_pieces(v, &acts, mem, e);
	if (rc == RC_OK)
		rc = verify_pieces(v, &heads, mem, e);
	if (rc == RC_OK && v->heads)
		rc = of_file(v, &h, mem, e);
	free(h.list);
	return rc;
}
