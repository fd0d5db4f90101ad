/* paper: a file of pages A4 that are put up on a board or a door, as PDF.  What stands on a
 *page is drawn by notice.h or poster.h; a file holds pages of one of them.
 *
 *	struct paper *p = paper_new(&(struct paper_options){.fonts = fonts,
 *		.base = STR("https://qr.example.gov.cn"), .lang = PAPER_ZH,
 *		.title = STR("公示单"), .write = write_cb, .arg = file}, &e);
 *	for each page:	notice_page(p, page, jpeg, &e);  or  poster_page(p, page, &e);
 *	paper_end(p, &e);
 *	paper_free(p);
 *
 * The same input gives the same bytes: no dates but those of the pages, no random numbers.
 * Letters no font has, and what would turn the reading order around, become 〓.
 *
 * Needs the shaping library, so it is the jobs process's; about 40 ms for a first page (the
 * fonts), 10 ms for each further one.  Not for several threads at once. */
#ifndef QR_NOTICE_PAPER_H
#define QR_NOTICE_PAPER_H

#include "qrsvc/notice/pen.h"
#include "qrsvc/notice/say.h"

struct paper_options {
	const struct label_fonts *fonts; /* the caller's, as all here, until paper_free() */
	struct str base; /* "https://qr.example.gov.cn", as label_base_check() takes it */
	bool trial;	 /* "not for posting" is printed */
	enum paper_lang lang;
	struct str title;				   /* of the file, as viewers show it */
	bool (*write)(void *arg, const void *p, size_t n); /* false: the output failed */
	void *arg;
};

/* Read by who draws a page; changed by paper.c alone, but for the pen. */
struct paper {
	struct pen pen;
	struct sayer say; /* its words live as long as the page */
	struct str base;
	bool trial;
	int pages;
	struct pdf *pdf;
	struct pdf_packer *packer;
	struct sbuf plain, packed;
};

/* NULL: out of its limits; *e says why. */
struct paper *paper_new(const struct paper_options *o, struct err *e);
/* The page the pen has drawn is whole.  What the pen has failed with; RC_TOO_LARGE: a page of
 * 16 MiB; RC_IO: the output failed.  *e names the page, from 1. */
enum rc paper_page(struct paper *p, struct err *e);
/* RC_INVALID: no page was drawn. */
enum rc paper_end(struct paper *p, struct err *e);
/* Also after a failure. */
void paper_free(struct paper *p);

#endif
