/* Owns the file the pages of a notice or poster stand in.  Never draws.  Called by jobs/print.c
 * and by who draws a page. */
#include "qrsvc/notice/paper.h"

#define STREAM_MAX (16u * 1024u * 1024u)

struct paper *paper_new(const struct paper_options *o, struct err *e)
{
	struct paper *p;

	if (label_base_check(o->base, o->trial, NULL, 0, e) != RC_OK)
		return NULL;
	p = xcalloc(1, sizeof *p);
	pen_init(&p->pen, o->fonts);
	p->say = (struct sayer){&p->pen.arena, o->lang};
	p->base = o->base;
	p->trial = o->trial;
	p->packer = pdf_packer_new();
	sbuf_init(&p->plain, STREAM_MAX);
	sbuf_init(&p->packed, STREAM_MAX);
	p->pdf = pdf_new(o->fonts, o->title, o->write, o->arg);
	return p;
}

void paper_free(struct paper *p)
{
	if (p == NULL)
		return;
	pen_release(&p->pen);
	pdf_free(p->pdf);
	pdf_packer_free(p->packer);
	sbuf_release(&p->plain);
	sbuf_release(&p->packed);
	free(p);
}

enum rc paper_page(struct paper *p, struct err *e)
{
	if (p->pen.rc != RC_OK)
		return err_set(
			e, p->pen.rc, "page %d: %.300s", p->pages + 1, p->pen.err.detail);
	sbuf_clear(&p->plain);
	sbuf_clear(&p->packed);
	pdf_resolve(p->pdf, &p->pen.page, &p->plain);
	pdf_pack(p->packer, sbuf_view(&p->plain), &p->packed);
	if (p->plain.over || p->packed.over)
		return err_set(e, RC_TOO_LARGE, "page %d is too large", p->pages + 1);
	p->pages++;
	return pdf_page(p->pdf, sbuf_view(&p->packed), PAGE_W, PAGE_H, e);
}

enum rc paper_end(struct paper *p, struct err *e)
{
	if (p->pages == 0)
		return err_set(e, RC_INVALID, "a file has at least one page");
	return pdf_end(p->pdf, e);
}
