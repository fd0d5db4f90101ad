/* state: what a facility's document means on a given day.
 *
 * The stored document holds dates only; whether something is late depends on the day the page
 * is made, so it is computed here, each time (architecture.md 6), and once more in SQL
 * (api.facility_state), which a test compares with this.
 *
 * Precedence, highest first; the table is fstate_rules in state.c:
 *   retired, suspended   by decision of the office
 *   failed               the latest test or inspection failed and nothing has cured it yet
 *   overdue              a duty was due before today; a main duty that has never been done
 *                        does not count here
 *   no_record            the main duty has never been recorded, or there are no duties
 *   due_soon             a duty is due within its own soon_days (today counts)
 *   on_time              everything else
 *
 * Pure: same document, same day, same answer.  Days are civil dates of the deployment's zone
 * (clock.h); a duty due today is not late before tomorrow begins. */
#ifndef QR_APP_STATE_H
#define QR_APP_STATE_H

#include "qrsvc/base/clock.h"
#include "qrsvc/base/str.h"

struct json;

enum fstate {
	FS_ON_TIME,
	FS_DUE_SOON,
	FS_NO_RECORD,
	FS_OVERDUE,
	FS_FAILED,
	FS_SUSPENDED,
	FS_RETIRED,
	FS_COUNT
};

/* "on_time" ..: as in JSON, SQL and the demo's info.json. */
const char *fstate_name(enum fstate s);

/* More duties than a kind can have: clean, test, inspect, repair and room for data. */
#define STATE_DUTIES 8

struct duty {
	struct str type, rule, basis; /* views of the document */
	int32_t last, due;	      /* DAY_NONE if unknown or nothing is due */
	int soon_days;
	int months, every_days; /* how often; 0 if the rule does not say it so */
	int every_work_days;
	/* How due came about: base "record" (the interval after last), "since" (after the
	 * facility's first day), "rule" (the rule's), "event", "failed" (within so many days or
	 * working days, -1 if not, after something that started a clock). */
	struct str base, what, ground; /* what, ground: of an event, else empty */
	int32_t on, regular; /* regular: due without the event or failure; or DAY_NONE */
	int within, within_work;
	bool provisional; /* some day in between is of a year whose working days are unknown */
	int days;	  /* due - today; negative when late; 0 without a due date */
	bool overdue;	  /* due before today, and counted (see no_record above) */
	bool soon;	  /* due today or within soon_days */
};

struct fstate_info {
	enum fstate state;
	/* The duty that decides: the one longest overdue, else the one due first; -1 if nothing
	 * is due. */
	int deciding;
	bool has_days; /* days is meaningful: in service and something is due */
	int days;      /* of the deciding duty: days left, negative when late */
	int nduties;   /* duty[0] is the main one */
	struct duty duty[STATE_DUTIES];
	int32_t failed_on;    /* date of the failure, or DAY_NONE */
	int32_t status_since; /* or DAY_NONE */
};

/* facility: a parsed facility document. Never fails: what is absent counts as unknown. */
void state_of(const struct json *facility, int32_t today, struct fstate_info *ret_);

/* The first day on which the answer will differ from today's without any change of the
 * document (a due date passes, "soon" begins), or DAY_NONE. */
int32_t state_next_change(const struct json *facility, int32_t today);

#endif
