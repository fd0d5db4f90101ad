/* Owns nothing: which cell of the ledger stands where on a label, and which positions of a used
 * sheet are free.  Called by cli/labels_print.c and jobs/labels.c. */
#include "labels/ledger.h"

struct label_row ledger_row(const struct str cell[LC_COLUMNS], uint64_t number)
{
	struct label_row row = {.number = number};
	struct str name = cell[LC_NAME];

	row.field[LABEL_CODE] = cell[LC_CODE];
	row.field[LABEL_LINE1] = name.p ? name : cell[LC_PLACE];
	row.field[LABEL_LINE2] = cell[LC_BUILDING];
	row.field[LABEL_PLACE] = name.p ? cell[LC_PLACE] : cell[LC_ADDRESS];
	row.field[LABEL_SPOT] = cell[LC_SPOT];
	row.field[LABEL_ORG] = cell[LC_ORG];
	row.field[LABEL_PHONE] = cell[LC_PHONE];
	return row;
}

enum rc ledger_start(const char *text, unsigned *ret_, struct err *e)
{
	uint64_t v = 1;

	if (text && *text && (!str_u64(str_c(text), &v) || v < 1 || v > LEDGER_POSITION_MAX))
		return err_set(e, RC_BAD, "--start %s is no position", text);
	*ret_ = (unsigned)v;
	return RC_OK;
}

enum rc ledger_skip(const char *text, unsigned skip[LEDGER_SKIP], size_t *ret_n, struct err *e)
{
	struct str rest = text && *text ? str_c(text) : STR_NONE;
	uint64_t v;

	*ret_n = 0;
	while (rest.p) {
		struct str one = str_trim(str_cut(&rest, ','), " ");

		if (!str_u64(one, &v) || v < 1 || v > LEDGER_POSITION_MAX ||
			*ret_n == LEDGER_SKIP)
			return err_set(
				e, RC_BAD, "--skip %s: positions from 1, with commas", text);
		skip[(*ret_n)++] = (unsigned)v;
	}
	return RC_OK;
}

unsigned ledger_position(const struct label_options *o, unsigned at)
{
	for (size_t i = 0; i < o->nskip; i++)
		if (o->skip[i] == at) {
			at++;
			i = (size_t)-1;
		}
	return at;
}
