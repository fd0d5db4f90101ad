/* proof: preflight of one label, on dots, before anything leaves.
 *
 * For a PDF the operators that were written for the label are read back and drawn (not the
 * wish, but what is in the file); for the other formats their own picture is taken.  Checked:
 * the symbol decodes to exactly its address, four modules around it are white, letters stay in
 * their boxes. */
#ifndef QR_LABELS_PROOF_H
#define QR_LABELS_PROOF_H

#include "labels/page.h"
#include "labels/raster.h"

struct proof;
struct proof *proof_new(const struct layout_plan *plan, const struct label_decoder *dec,
	unsigned dpi, struct err *e);
void proof_free(struct proof *p);
/* The label at x y of the page: operators ops_from.. and runs run_from.. up to the end. */
enum rc proof_page(struct proof *p, const struct page *page, size_t ops_from, uint32_t run_from,
	int32_t x, int32_t y, const char *url, struct err *e);
/* A finished picture. */
enum rc proof_raster(struct proof *p, const struct raster *r, const char *url, struct err *e);

#endif
