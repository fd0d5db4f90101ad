/* json_node: the inside of a tree; for json.c (asking) and json_read.c (reading). */
#ifndef QR_BASE_JSON_NODE_H
#define QR_BASE_JSON_NODE_H

#include "qrsvc/base/json.h"

/* Less than a cache line: a page asks some hundred of them. */
struct json {
	const struct json *next;
	union {
		const struct json *child; /* of an array or object */
		const char *text;	  /* of a string or number */
	};
	const char *key;   /* NULL in an array */
	uint64_t key_word; /* see json_word() */
	uint64_t some;	   /* of an object: word_bit() of each of its keys */
	uint32_t key_n, text_n;
	uint8_t type;
	bool yes; /* of a boolean */
};

/* Many keys asked for are not there; this tells most of them without a search. */
static inline uint64_t word_bit(uint64_t w)
{
	return UINT64_C(1) << ((w * UINT64_C(0x9e3779b97f4a7c15)) >> 58);
}

#endif
