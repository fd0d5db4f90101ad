/* exchange: pages on which offices bring tables and take them: imports, exports, the numbers
 * of a year. */
#ifndef QR_WEB_EXCHANGE_H
#define QR_WEB_EXCHANGE_H

#include "qrsvc/web/office.h"

/* staff_import.c */
void web_staff_import(struct request *rq);
void web_staff_import_may(struct request *rq);
void web_staff_import_one(struct request *rq);
/* staff_import_refused.c */
void web_staff_import_refused(struct request *rq);
/* Words of a reason, with what it is about: "no such status: xx". */
struct str exchange_reason(const struct page *pg, struct str reason, struct str detail);

/* staff_export.c */
void web_staff_export(struct request *rq);
void web_staff_export_one(struct request *rq);
void web_staff_export_file(struct request *rq);

/* staff_numbers.c */
void web_staff_numbers(struct request *rq);
void web_staff_numbers_csv(struct request *rq);

#endif
