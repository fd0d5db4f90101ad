/* kinds: the first step of each kind of job; the table is in kinds.c. */
#ifndef QR_JOBS_KINDS_H
#define QR_JOBS_KINDS_H

#include "qrsvc/jobs/queue.h"

/* rebuild.c */
void job_rebuild(struct job *j);
void job_publish_due(struct job *j);
void job_sweep(struct job *j);
void job_snapshot(struct job *j);

/* labels.c: the PDF of a batch. */
void job_labels(struct job *j);
void job_labels_end(struct job *j);

/* print.c: the file of notices for the board, of the posters of a survey. */
void job_notice(struct job *j);
void job_poster(struct job *j);
void job_print_end(struct job *j);

/* sign.c: the next head of the chain. */
void job_sign(struct job *j);
void job_sign_end(struct job *j);

/* remind.c: reminders of what is due. */
void job_remind(struct job *j);

/* ticket.c: clocks of residents' reports that have run out. */
void job_ticket_clock(struct job *j);

/* outbox.c: webhooks and mail. */
void job_outbox(struct job *j);
void job_outbox_end(struct job *j);

/* export.c: a table for an office to keep. */
void job_export(struct job *j);
void job_export_end(struct job *j);

/* import.c: reads, applies, takes back a table that an office brought. */
void job_import(struct job *j);
void job_import_end(struct job *j);

/* ticket_publish.c: what is public of residents' reports. */
void job_ticket_publish(struct job *j);
void job_ticket_numbers(struct job *j);

#endif
