/* sheet: the inside of a job; see label.h for its use. */
#ifndef QR_LABELS_SHEET_H
#define QR_LABELS_SHEET_H

#include "labels/image.h"
#include "labels/pdf.h"
#include "labels/proof.h"
#include "labels/seen.h"
#include <pthread.h>

#define SHEET_FILES 24 /* labels in a batch of single files */

struct batch_row {
	uint64_t number;
	unsigned position;
	struct {
		uint32_t at, n; /* in data; at = UINT32_MAX: none */
	} field[LABEL_FIELDS];
};

/* What is to be done with a batch next; NUMBER and WRITE in the order of the batches. */
enum batch_step { BATCH_DRAW, BATCH_NUMBER, BATCH_PACK, BATCH_WRITE };

struct batch {
	struct batch *next;
	uint64_t index;
	enum batch_step step;
	unsigned n, cap;
	struct batch_row *row;
	struct sbuf data;
	struct page page;
	struct sbuf plain, out;
	struct {
		char name[32];
		size_t from;
	} file[SHEET_FILES];
	enum rc rc;
	struct err err;
};

/* What one thread needs. */
struct hand {
	struct label_job *job;
	struct layout *layout;
	struct proof *proof;
	struct glyphs *glyphs;
	struct raster raster;
	struct svg *svg;
	struct pdf_packer *packer;
	pthread_t thread;
	bool started;
};

struct label_job {
	struct label_options o;
	struct layout_plan plan;
	struct pdf *pdf;
	struct seen seen;
	char title[256];
	unsigned *order;	  /* positions in the order they are filled */
	unsigned positions, fill; /* fill: next index in order */
	bool first;		  /* still on the first sheet */
	struct batch *open;	  /* being filled */
	struct label_report report;
	/* threads; under lock */
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct hand *hand;
	struct batch *work; /* submitted, and in nobody's hand */
	struct batch *idle;
	unsigned made, most; /* batches that exist, and may */
	uint64_t next_index, turn_number, turn_write;
	bool numbering, writing; /* somebody is */
	uint64_t labels, bytes;
	bool stop;
	enum rc rc; /* first failure in the order of the rows */
	struct err err;
};

/* sheet_work.c.  The next batch whose step is ready, taken out of j->work, or NULL; and what is
 * to be noted when its step is done.  With the lock held. */
struct batch *sheet_next(struct label_job *j);
void sheet_step_done(struct label_job *j, struct batch *b);
/* Does the step, without the lock; `dead`: the job has failed, nothing more is written. */
void sheet_step(struct hand *h, struct batch *b, bool dead);
/* A thread: arg is its struct hand; until j->stop. */
void *sheet_work(void *arg);

/* The four steps, in batch.c. */
void batch_draw(struct hand *h, struct batch *b);
void batch_number(struct label_job *j, struct batch *b);
void batch_pack(struct hand *h, struct batch *b);
void batch_write(struct label_job *j, struct batch *b);

#endif
