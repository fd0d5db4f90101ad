/* qrlabels: sheets of QR labels from rows on standard input.  Owns the words of the command
 * line; the commands themselves are in command.c.
 *
 * Exit status: 0 done; 1 the input, a row or the address was refused; 2 the command line is
 * wrong; 3 a file could not be read or written; 4 our own fault. */
#include "labels/command.h"
#include <getopt.h>
#include <signal.h>

static void on_signal(int sig)
{
	command_interrupted = sig;
}

static const char usage[] =
	"usage: qrlabels pdf|png|svg|zpl --base https://HOST --template NAME [options] [FILE]\n"
	"       qrlabels check --base https://HOST --template NAME [options] [FILE]\n"
	"       qrlabels calibrate --template NAME [-o FILE]\n"
	"       qrlabels calibrate --template NAME --printer NAME --read-x NEAR,FAR --read-y "
	"NEAR,FAR\n"
	"       qrlabels templates [--template NAME] [--show]\n"
	"Rows (CSV or TSV with the columns code, name, line2 .., place, spot) come from FILE or\n"
	"standard input.  Options:\n"
	"  -o FILE            output; a folder for png and svg (default: standard output)\n"
	"  --start N          first position on the first sheet, from 1\n"
	"  --skip N,N-M       positions of the first sheet that are used up\n"
	"  --order row|column how a sheet is filled (default row)\n"
	"  --printer NAME     apply the measured profile of a printer (a name or an .ini file)\n"
	"  --dpi N            dots of PNG and ZPL and of the preflight (default: the template's)\n"
	"  --crop             crop marks in the margins (pdf)\n"
	"  --trial            allow http and private hosts; \"trial\" is printed\n"
	"  --host HOST        allow only this host (may be given again)\n"
	"  --fonts LIST       font families, first choice first, comma-separated\n"
	"  --title TEXT       title of the document\n"
	"  --templates DIR    look for templates here first\n"
	"  -j N               threads\n"
	"  --no-preflight     do not decode every symbol before the file is released\n"
	"  -q                 no progress, no summary\n"
	"Exit status: 0 done, 1 refused, 2 usage, 3 file error, 4 internal error.\n";

/* ---- the command line ---- */

static bool read_number(const char *s, unsigned low, unsigned high, unsigned *ret_)
{
	uint64_t n;

	if (!str_u64(str_c(s), &n) || n < low || n > high)
		return false;
	*ret_ = (unsigned)n;
	return true;
}

/* "3,7-9" */
static bool read_skip(struct command *a, const char *s)
{
	struct str rest = str_c(s);

	while (rest.p != NULL) {
		struct str part = str_cut(&rest, ','), low = str_cut(&part, '-');
		uint64_t from, to;

		if (!str_u64(low, &from) || from < 1)
			return false;
		to = from;
		if (part.p != NULL && (!str_u64(part, &to) || to < from))
			return false;
		for (; from <= to; from++) {
			if (a->o.nskip == SKIP_MAX)
				return false;
			a->skip[a->o.nskip++] = (unsigned)from;
		}
	}
	return true;
}

static bool read_pair(const char *s, double *low, double *high)
{
	char *end;

	*low = strtod(s, &end);
	if (end == s || *end != ',')
		return false;
	s = end + 1;
	*high = strtod(s, &end);
	return end != s && *end == '\0' && *low > 0 && *high > 0 && *high < 5000;
}

enum {
	O_START = 256,
	O_SKIP,
	O_ORDER,
	O_PRINTER,
	O_DPI,
	O_CROP,
	O_TRIAL,
	O_HOST,
	O_FONTS,
	O_TITLE,
	O_TEMPLATES,
	O_NOPRE,
	O_BASE,
	O_TEMPLATE,
	O_SHOW,
	O_READX,
	O_READY,
	O_HELP
};

static const struct option options[] = {{"start", 1, NULL, O_START}, {"skip", 1, NULL, O_SKIP},
	{"order", 1, NULL, O_ORDER}, {"printer", 1, NULL, O_PRINTER}, {"dpi", 1, NULL, O_DPI},
	{"crop", 0, NULL, O_CROP}, {"trial", 0, NULL, O_TRIAL}, {"host", 1, NULL, O_HOST},
	{"fonts", 1, NULL, O_FONTS}, {"title", 1, NULL, O_TITLE},
	{"templates", 1, NULL, O_TEMPLATES}, {"no-preflight", 0, NULL, O_NOPRE},
	{"base", 1, NULL, O_BASE}, {"template", 1, NULL, O_TEMPLATE}, {"show", 0, NULL, O_SHOW},
	{"read-x", 1, NULL, O_READX}, {"read-y", 1, NULL, O_READY}, {"help", 0, NULL, O_HELP},
	{NULL, 0, NULL, 0}};

/* Options with a word or nothing behind them; false: not one of them. */
static bool take_word(struct command *a, int c)
{
	switch (c) {
	case 'o':
		a->out = optarg;
		break;
	case 'q':
		a->quiet = true;
		break;
	case O_PRINTER:
		a->printer = optarg;
		break;
	case O_CROP:
		a->o.crop = true;
		break;
	case O_TRIAL:
		a->o.trial = true;
		break;
	case O_FONTS:
		a->fonts = optarg;
		break;
	case O_TITLE:
		a->title = optarg;
		break;
	case O_TEMPLATES:
		a->dir = optarg;
		break;
	case O_NOPRE:
		a->preflight = false;
		break;
	case O_BASE:
		a->base = optarg;
		break;
	case O_TEMPLATE:
		a->template = optarg;
		break;
	case O_SHOW:
		a->show = true;
		break;
	default:
		return false;
	}
	return true;
}

static int take_option(struct command *a, int c)
{
	static struct str hosts[16];

	switch (c) {
	case 'j':
		if (!read_number(optarg, 1, LABEL_JOBS_MAX, &a->o.jobs))
			return command_misuse("-j %s: 1 to %d", optarg, LABEL_JOBS_MAX);
		return 0;
	case O_START:
		if (!read_number(optarg, 1, 100000, &a->o.start))
			return command_misuse(
				"--start %s: a position from 1 is wanted", optarg);
		return 0;
	case O_SKIP:
		return read_skip(a, optarg)
			       ? 0
			       : command_misuse("--skip %s: 3,7-9 is wanted", optarg);
	case O_ORDER:
		if (strcmp(optarg, "row") != 0 && strcmp(optarg, "column") != 0)
			return command_misuse("--order %s: row or column", optarg);
		a->o.order = optarg[0] == 'r' ? LABEL_BY_ROW : LABEL_BY_COLUMN;
		return 0;
	case O_DPI:
		if (!read_number(optarg, 150, 2400, &a->o.dpi))
			return command_misuse("--dpi %s: 150 to 2400", optarg);
		return 0;
	case O_HOST:
		if (a->o.nhosts == 16)
			return command_misuse("--host: at most 16");
		hosts[a->o.nhosts++] = str_c(optarg);
		a->o.hosts = hosts;
		return 0;
	case O_READX:
		a->readings_x = read_pair(optarg, &a->readings[0], &a->readings[1]);
		return a->readings_x ? 0
				     : command_misuse("--read-x %s: NEAR,FAR in mm", optarg);
	case O_READY:
		a->readings_y = read_pair(optarg, &a->readings[2], &a->readings[3]);
		return a->readings_y ? 0
				     : command_misuse("--read-y %s: NEAR,FAR in mm", optarg);
	default:
		return take_word(a, c) ? 0 : command_misuse("unknown option");
	}
}

static int read_args(struct command *a, int argc, char **argv)
{
	int c;

	a->preflight = true;
	if (argc < 2)
		return command_misuse("a command is wanted");
	a->name = argv[1];
	if (strcmp(a->name, "--help") == 0 || strcmp(a->name, "help") == 0) {
		fputs(usage, stdout);
		exit(0);
	}
	optind = 2;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "o:j:q", options, NULL)) != -1) {
		if (c == O_HELP) {
			fputs(usage, stdout);
			exit(0);
		}
		if (c == '?')
			return command_misuse("%s: unknown option, or its value is missing",
				argv[optind - 1]);
		int bad = take_option(a, c);

		if (bad != 0)
			return bad;
	}
	if (optind < argc)
		a->in = argv[optind++];
	if (optind < argc)
		return command_misuse("more than one input file");
	return 0;
}

static int with_template(struct command *a)
{
	struct label_template *t = NULL;
	struct label_fonts *f = NULL;
	struct err e = {0};
	int status;

	if (a->template == NULL)
		return command_misuse(
			"--template NAME is wanted: `qrlabels templates` lists them");
	t = label_template_load(a->template, a->dir, &e);
	f = t ? label_fonts_open(str_c(a->fonts), &e) : NULL;
	a->o.tpl = t;
	a->o.fonts = f;
	if (f == NULL)
		status = command_complain(&e);
	else if (strcmp(a->name, "calibrate") == 0)
		status = command_calibrate(a);
	else
		status = command_make(a);
	label_fonts_free(f);
	label_template_free(t);
	return status;
}

int main(int argc, char **argv)
{
	static const char *const formats[] = {"pdf", "png", "svg", "zpl"};
	struct sigaction sa = {.sa_handler = on_signal};
	static struct command a;
	int bad = read_args(&a, argc, argv);

	if (bad != 0)
		return bad;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	for (int i = 0; i < 4; i++) {
		if (strcmp(a.name, formats[i]) == 0) {
			a.o.format = (enum label_format)i;
			return with_template(&a);
		}
	}
	if (strcmp(a.name, "check") == 0 || strcmp(a.name, "calibrate") == 0)
		return with_template(&a);
	if (strcmp(a.name, "templates") == 0)
		return command_templates(&a);
	return command_misuse("unknown command \"%s\"", a.name);
}
