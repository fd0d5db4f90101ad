/* Owns the only files qrlabels writes.  Called by main.c and, for pages, commands.c. */
#include "labels/output.h"
#include "qrsvc/base/arena.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum rc failed(const struct output *o, const char *what, struct err *e)
{
	return err_set(e, RC_IO, "%s: %s: %s", o->name ? o->name : "standard output", what,
		strerror(errno));
}

enum rc output_open(struct output *o, const char *name, bool folder, struct err *e)
{
	size_t n;

	*o = (struct output){.folder = folder};
	if (name == NULL || strcmp(name, "-") == 0) {
		if (folder)
			return err_set(e, RC_INVALID, "many files need a folder: -o FOLDER");
		o->file = tmpfile();
		return o->file ? RC_OK : failed(o, "no temporary file", e);
	}
	o->name = xstrdup(name);
	n = strlen(name);
	while (n > 1 && o->name[n - 1] == '/')
		o->name[--n] = '\0';
	o->temp = xmalloc(n + 16);
	snprintf(o->temp, n + 16, "%s.XXXXXX", o->name);
	if (folder) {
		if (rmdir(o->name) != 0 && errno != ENOENT)
			return failed(o, "must be a new or an empty folder", e);
		if (mkdtemp(o->temp) == NULL)
			return failed(o, "cannot be made", e);
		return chmod(o->temp, 0755) == 0 ? RC_OK : failed(o, "cannot be made", e);
	}
	int fd = mkstemp(o->temp);

	if (fd < 0)
		return failed(o, "cannot be made", e);
	o->file = fdopen(fd, "w+");
	/* As any program would make it: mkstemp is stricter than the user's umask. */
	mode_t mask = umask(022);

	umask(mask);
	if (o->file == NULL || fchmod(fd, 0666 & ~mask) != 0)
		return failed(o, "cannot be made", e);
	return RC_OK;
}

bool output_write(struct output *o, const void *p, size_t n)
{
	if (o->why != 0)
		return false;
	if (fwrite(p, 1, n, o->file) != n) {
		o->why = errno ? errno : EIO;
		return false;
	}
	o->bytes += n;
	return true;
}

static bool close_file(struct output *o)
{
	bool ok = o->file == NULL || fclose(o->file) == 0;

	if (!ok && o->why == 0)
		o->why = errno;
	o->file = NULL;
	return ok;
}

bool output_file(struct output *o, const char *name)
{
	size_t n = strlen(o->temp) + strlen(name) + 2;
	char *path = xmalloc(n);

	snprintf(path, n, "%s/%s", o->temp, name);
	if (close_file(o)) {
		o->file = fopen(path, "wxe");
		if (o->file == NULL)
			o->why = errno;
	}
	free(path);
	return o->file != NULL;
}

/* The finished bytes to where standard output goes. */
static enum rc copy_out(struct output *o, struct err *e)
{
	char buf[65536];
	size_t n;

	rewind(o->file);
	while ((n = fread(buf, 1, sizeof buf, o->file)) > 0)
		if (fwrite(buf, 1, n, stdout) != n)
			return failed(o, "cannot be written", e);
	if (ferror(o->file) || fflush(stdout) != 0)
		return failed(o, "cannot be written", e);
	return RC_OK;
}

enum rc output_commit(struct output *o, struct err *e)
{
	enum rc rc = RC_OK;

	bool synced =
		o->why == 0 && (o->name == NULL || o->folder ||
				       (fflush(o->file) == 0 && fsync(fileno(o->file)) == 0));

	errno = o->why ? o->why : errno;
	if (!synced)
		rc = failed(o, "cannot be written", e);
	else if (o->name == NULL)
		rc = copy_out(o, e);
	if (!close_file(o) && rc == RC_OK)
		rc = failed(o, "cannot be written", e);
	if (rc == RC_OK && o->name != NULL && rename(o->temp, o->name) != 0)
		rc = failed(o, "cannot be put in its place", e);
	if (rc == RC_OK) {
		free(o->temp);
		o->temp = NULL;
	}
	output_drop(o);
	return rc;
}

static void remove_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;

	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
	rmdir(path);
}

void output_drop(struct output *o)
{
	close_file(o);
	if (o->temp != NULL && o->folder)
		remove_folder(o->temp);
	else if (o->temp != NULL)
		unlink(o->temp);
	free(o->temp);
	free(o->name);
	o->temp = o->name = NULL;
}
