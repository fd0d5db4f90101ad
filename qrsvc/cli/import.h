/* import: one run of `qrsvc import`, shared by import.c (the steps), rejects.c (refused rows)
 * and import_photos.c (what a row of photos needs beside). */
#ifndef QR_CLI_IMPORT_H
#define QR_CLI_IMPORT_H

#include <stdio.h>

#include "qrsvc/cli/cli.h"
#include "qrsvc/cli/profile.h"
#include "qrsvc/db/pgsync.h"

#define IMPORT_COLUMNS 32
#define IMPORT_REASONS 64 /* different reasons counted; the profile names a dozen */

/* Refused rows, found here while reading and by the database afterwards: each list ascending by
 * line, in a temporary file, so that a file of only bad rows needs no more memory. */
struct rejects {
	FILE *own, *server;
	int64_t n;
	struct reject_count {
		char reason[48];
		int64_t n;
	} count[IMPORT_REASONS];
	size_t count_n;
};

enum rc rejects_init(struct rejects *r, struct err *e);
void rejects_release(struct rejects *r);
void rejects_own(struct rejects *r, int64_t line, const char *reason, const char *detail);
void rejects_server(struct rejects *r, int64_t line, struct str reason, struct str detail);
/* Reads the table again and writes line, reason, detail and the row as it stood to `path`,
 * whole or not at all; removes an old `path` when nothing was refused. */
enum rc rejects_write(struct rejects *r, const char *table, const struct csv_options *how,
	bool header, const char *path, struct err *e);

struct import_photos;

struct import {
	const struct config *cfg;
	enum import_kind kind;
	const char *file;     /* as named on the command line */
	const char *table;    /* the CSV that is read: file, or one made of a folder */
	const char *rejected; /* where refused rows go */
	const char *source;
	bool skip_bad, revise, dry_run;

	struct profile *profile;
	struct pgsync *pg;
	int64_t batch;
	struct rejects rejects;
	struct arena row;
	struct sbuf line; /* one row of COPY */
	FILE *spool;	  /* photos: rows wait here, since their photos are stored first */
	struct import_photos *photos;
	struct cli_progress progress;
	int64_t rows;
	bool bound;
};

/* Photos. Starts the photo process; `base` is the folder that names of files are relative to.
 */
enum rc import_photos_start(struct import *im, const char *base, struct err *e);
void import_photos_stop(struct import *im);
/* Takes the file a row names through the photo process and stores it; puts its hash and capture
 * time into the values.  RC_OK with why->reason set: the row is refused.  Other: give up. */
enum rc import_photos_row(
	struct import *im, struct str *values, struct refusal *why, struct err *e);
/* A folder KEY/SLOT[-N].EXT as a table record,slot,file, in a memory file; "%2F" in KEY is a
 * slash.  ret_path stays valid while the process runs. */
enum rc import_photos_folder(const char *dir, char ret_path[32], struct err *e);

#endif
