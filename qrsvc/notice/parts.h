/* parts: the parts of a page, from the top to the foot.  Each draws itself at y and returns the
 * y below it; with pen->draw false it only measures. */
#ifndef QR_NOTICE_PARTS_H
#define QR_NOTICE_PARTS_H

#include "qrsvc/notice/notice.h"

#define SIDE 17000 /* margin at the left and right */
#define WIDE (PAGE_W - 2 * SIDE)
#define TOP 16000
#define FOOT (PAGE_H - 15000)

struct sheet {
	struct paper *paper;
	struct pen *pen; /* the paper's, as say */
	struct sayer say;
	const struct json *page, *record, *facility, *kind;
	struct said type;  /* "Cleaning" */
	int results, most; /* how many there are, how many are shown */
	bool terse;	   /* a page far too full: one line for everything */
	struct {
		bool there;
		uint32_t number;
		struct pdf_jpeg jpeg;
		struct said caption;
	} photo[NOTICE_PHOTOS];
	int photos;
	int32_t photo_h; /* of the pictures, without their captions */
};

int32_t part_head(struct sheet *s, int32_t y);
int32_t part_place(struct sheet *s, int32_t y);
int32_t part_verdict(struct sheet *s, int32_t y);
int32_t part_facts(struct sheet *s, int32_t y);
int32_t part_results(struct sheet *s, int32_t y);
int32_t part_photos(struct sheet *s, int32_t y);
int32_t part_foot(struct sheet *s, int32_t y);

/* Chinese (or the only language) above, English small below; returns the height. */
int32_t put_said(struct sheet *s, struct said t, const struct words *w);

struct said number(const struct sheet *s, int n);
int32_t gap(const struct sheet *s, int32_t um); /* shrinks with the page */

/* results.c */
bool is_verdict(const struct json *r, const char *verdict);

#endif
