/* output: a file, a folder or standard output that appears whole or not at all.
 *
 * What is written goes to a temporary neighbour; output_commit gives it its name, output_drop
 * (also after a signal: output_on_signals) leaves nothing behind. */
#ifndef QR_LABELS_OUTPUT_H
#define QR_LABELS_OUTPUT_H

#include "qrsvc/base/err.h"
#include <stdio.h>

struct output {
	char *name, *temp; /* name NULL: standard output */
	FILE *file;	   /* of a folder: the file being written */
	bool folder;
	uint64_t bytes;
	int why; /* errno of the first failure */
};

/* name: "-" or NULL for standard output.  A folder must not exist yet, or be empty. */
enum rc output_open(struct output *o, const char *name, bool folder, struct err *e);
bool output_write(struct output *o, const void *p, size_t n);
/* The next file of a folder. */
bool output_file(struct output *o, const char *name);
enum rc output_commit(struct output *o, struct err *e);
void output_drop(struct output *o);

#endif
