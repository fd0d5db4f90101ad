/* Owns the steps of batches and the threads that take them: sheet_next() decides what is ready.
 * Called by sheet.c. */
#include "labels/sheet.h"

static void fail(struct label_job *j, const struct batch *b)
{
	if (j->rc == RC_OK && b->rc != RC_OK) {
		j->rc = b->rc;
		j->err = b->err;
	}
}

/* The next thing to do, taken out of the list: what is nearest to the paper first, so that few
 * batches are on their way; drawing, which never waits for a turn, last.  With the lock held.
 */
struct batch *sheet_next(struct label_job *j)
{
	struct batch **best = NULL;

	for (struct batch **at = &j->work; *at; at = &(*at)->next) {
		const struct batch *b = *at;

		if (b->step == BATCH_WRITE && (j->writing || b->index != j->turn_write))
			continue;
		if (b->step == BATCH_NUMBER && (j->numbering || b->index != j->turn_number))
			continue;
		if (best == NULL || b->step > (*best)->step ||
			(b->step == (*best)->step && b->index < (*best)->index))
			best = at;
	}
	if (best == NULL)
		return NULL;
	struct batch *b = *best;

	*best = b->next;
	j->numbering |= b->step == BATCH_NUMBER;
	j->writing |= b->step == BATCH_WRITE;
	return b;
}

/* `dead`: the job has failed, nothing more is written. */
void sheet_step(struct hand *h, struct batch *b, bool dead)
{
	switch (b->step) {
	case BATCH_DRAW:
		batch_draw(h, b);
		break;
	case BATCH_NUMBER:
		batch_number(h->job, b);
		break;
	case BATCH_PACK:
		batch_pack(h, b);
		break;
	case BATCH_WRITE:
		if (!dead)
			batch_write(h->job, b);
		break;
	}
}

/* With the lock held: the batch goes back into the list, or, written, to the idle ones. */
void sheet_step_done(struct label_job *j, struct batch *b)
{
	if (b->step == BATCH_WRITE) {
		fail(j, b);
		j->turn_write++;
		j->writing = false;
		b->next = j->idle;
		j->idle = b;
		return;
	}
	if (b->step == BATCH_NUMBER) {
		j->turn_number++;
		j->numbering = false;
	}
	b->step++;
	b->next = j->work;
	j->work = b;
}

void *sheet_work(void *arg)
{
	struct hand *h = arg;
	struct label_job *j = h->job;

	pthread_mutex_lock(&j->lock);
	for (;;) {
		struct batch *b = sheet_next(j);

		if (b != NULL) {
			bool dead = j->rc != RC_OK;

			pthread_mutex_unlock(&j->lock);
			sheet_step(h, b, dead);
			pthread_mutex_lock(&j->lock);
			sheet_step_done(j, b);
			pthread_cond_broadcast(&j->moved);
		} else if (j->stop) {
			break;
		} else {
			pthread_cond_wait(&j->moved, &j->lock);
		}
	}
	pthread_mutex_unlock(&j->lock);
	return NULL;
}
