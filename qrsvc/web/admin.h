/* admin: the pages of administration (staff_admin.c).  Sections, fields and choices are data:
 * sql/STAFF.md, "Administration". */
#ifndef QR_WEB_ADMIN_H
#define QR_WEB_ADMIN_H

#include "qrsvc/web/office.h"

void web_staff_admin(struct request *rq);      /* the sections */
void web_staff_admin_list(struct request *rq); /* the rows of one */
void web_staff_admin_form(struct request *rq); /* one row: form, periods, history */

#endif
