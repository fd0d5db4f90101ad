/* command: the commands of qrlabels, after their words have been read.  Each returns the exit
 * status of the program (main.c). */
#ifndef QR_LABELS_COMMAND_H
#define QR_LABELS_COMMAND_H

#include "labels/label.h"
#include <signal.h>

#define SKIP_MAX 5000

struct command {
	const char *name, *template, *dir, *base, *fonts, *out, *in, *printer, *title;
	struct label_options o;
	unsigned skip[SKIP_MAX];
	double readings[4]; /* calibrate: x near, x far, y near, y far; mm */
	bool readings_x, readings_y, preflight, show, quiet;
};

/* Set by a signal handler: the batch ends with nothing written. */
extern volatile sig_atomic_t command_interrupted;

/* pdf, png, svg, zpl, check: template and fonts are open. */
int command_make(struct command *a);
int command_calibrate(struct command *a);
int command_templates(struct command *a);

/* One line on standard error; the exit status that goes with it. */
int command_complain(const struct err *e);
int command_misuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
