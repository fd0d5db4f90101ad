/* config_keys: the table of keys, for config.c only. */
#ifndef QRSVC_CONFIG_KEYS_H
#define QRSVC_CONFIG_KEYS_H

#include "qrsvc/config.h"

enum config_type {
	CONFIG_TEXT,   /* anything; min and max bound its length in bytes */
	CONFIG_NUMBER, /* min..max */
	CONFIG_SIZE,   /* bytes, or with K, M or G behind */
	CONFIG_SWITCH, /* on or off */
	CONFIG_RATE    /* "PER_MINUTE,BURST" or 0 */
};

struct config_key {
	const char *section, *name;
	enum config_type type;
	size_t offset;	   /* into struct config */
	const char *value; /* default, as one would write it */
	int64_t min, max;
	const char *doc; /* lines separated by \n */
};

extern const struct config_key config_keys[];
extern const size_t config_keys_n;

#endif
