/* Owns the table of addresses and what the worker needs to know of the web side. A new page is
 * one line here, one file beside it and one template (HACKING.md). */
#include "qrsvc/web/common.h"

#include "qrsvc/app/photocache.h"

#define PAGE (ROUTE_GET | ROUTE_JSON)

/* In the order a reader asks for them; the router lets the more literal pattern win. */
static const struct route routes[] = {
	{"home", "/", ROUTE_GET, CLASS_PAGE, web_home, 0, NULL},
	{"label", "/{code}", PAGE | ROUTE_SCAN, CLASS_PAGE, web_label, 0, NULL},
	{"lookup", "/q", ROUTE_GET, CLASS_PAGE, web_lookup, 0, NULL},
	{"facility", "/f/{facility}", PAGE, CLASS_PAGE, web_facility, 0, NULL},
	{"history", "/f/{facility}/history", PAGE, CLASS_PAGE, web_history, 0, NULL},
	{"history", "/f/{facility}/history/{chunk}", PAGE, CLASS_PAGE, web_history, 0, NULL},
	{"record", "/r/{record}", PAGE, CLASS_PAGE, web_record, 0, NULL},
	{"place", "/b/{place}", PAGE, CLASS_PAGE, web_place, 0, NULL},
	{"photo", "/p/{sha}-{width}.jpg", ROUTE_GET, CLASS_PHOTO, request_photo, 0, NULL},
	{"chain", "/chain", PAGE, CLASS_PAGE, web_chain, 0, NULL},
	{"accessibility", "/accessibility", ROUTE_GET, CLASS_PAGE, web_accessibility, 0, NULL},
	{"privacy", "/privacy", ROUTE_GET, CLASS_PAGE, web_privacy, 0, NULL},
	{"robots", "/robots.txt", ROUTE_GET, CLASS_STATIC, web_robots, 0, NULL},
	{"security", "/.well-known/security.txt", ROUTE_GET, CLASS_STATIC, web_security_txt, 0,
		NULL},
};

/* The catalogues were numbered by the Makefile, the languages by request.h: they must agree. */
static enum rc init(const struct site *site, struct err *e)
{
	(void)site;
	if (site_tpl.nlang != LANG_COUNT)
		return err_set(e, RC_INTERNAL, "%d message catalogues for %d languages",
			site_tpl.nlang, LANG_COUNT);
	for (int l = 0; l < LANG_COUNT; l++)
		if (strcmp(site_tpl.lang[l].tag, lang_tag((enum lang)l)) != 0)
			return err_set(e, RC_INTERNAL, "catalogue %d is %s, not %s", l,
				site_tpl.lang[l].tag, lang_tag((enum lang)l));
	return RC_OK;
}

const struct web_ops web_ops = {
	.routes = routes,
	.nroutes = sizeof routes / sizeof routes[0],
	.error_page = web_error_page,
	.style_src = site_style_src,
	.init = init,
};
