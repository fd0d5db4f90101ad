/* Owns the names of the columns a row may have.  Called by everybody who reads rows. */
#include "labels/label.h"

static const char *const names[LABEL_FIELDS] = {"code", "line1", "line2", "line3", "line4",
	"line5", "line6", "place", "spot", "org", "phone"};

const char *label_field_name(enum label_field f)
{
	return names[f];
}

int label_field_of(struct str column)
{
	if (str_ieq(column, STR("name")))
		return LABEL_LINE1;
	for (int i = 0; i < LABEL_FIELDS; i++)
		if (str_ieq(column, str_c(names[i])))
			return i;
	return -1;
}
