/* Owns what is believed of a file's own words.  Reads no file, asks nobody.  Called by
 * upload.c.
 */
#include "qrsvc/app/upload_said.h"

#include "qrsvc/base/clock.h"

struct str upload_taken_at(struct arena *a, const char *taken)
{
	struct str s = str_c(taken);
	int32_t day;
	if (s.n != 19)
		return s.n ? s : STR_NONE;
	if (!day_parse(str_sub(s, 0, 10), &day))
		return STR_NONE;
	int off = clock_civil(clock_day_start(day)).offset, far = off < 0 ? -off : off;
	return arena_fmt(
		a, "%s%c%02d:%02d", taken, off < 0 ? '-' : '+', far / 3600, far / 60 % 60);
}

bool upload_is_pdf(struct str s)
{
	struct str tail = str_sub(s, s.n > 1024 ? s.n - 1024 : 0, s.n);
	return str_starts(s, STR("%PDF-")) && str_find(tail, STR("%%EOF")) >= 0;
}
