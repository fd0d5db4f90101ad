/* Owns the table of kinds of jobs.  Read by queue.c. */
#include "qrsvc/jobs/kinds.h"

const struct job_kind job_kinds[] = {
	{"rebuild", job_rebuild, NULL},
	{"publish_due", job_publish_due, NULL},
	{"sweep", job_sweep, NULL},
	{"snapshot", job_snapshot, NULL},
	{"ticket_publish", job_ticket_publish, NULL},
	{"ticket_numbers", job_ticket_numbers, NULL},
	{"labels", job_labels, job_labels_end},
	{"notice", job_notice, job_print_end},
	{"poster", job_poster, job_print_end},
	{"sign", job_sign, job_sign_end},
	{"remind", job_remind, NULL},
	{"ticket_clock", job_ticket_clock, NULL},
	{"outbox", job_outbox, job_outbox_end},
	{"export", job_export, job_export_end},
	{"import", job_import, job_import_end},
	{NULL, NULL, NULL},
};
