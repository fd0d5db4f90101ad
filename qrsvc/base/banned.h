/* Forced into every C file of the project (-include): calls that are easy to get wrong and have
 * a better way here.  strcpy, strcat, sprintf: sbuf or snprintf.  strtok: str_cut.  gmtime,
 * localtime: clock.h.  atoi: str_i64.  system: posix_spawn with an argument list. */
#ifndef QR_BASE_BANNED_H
#define QR_BASE_BANNED_H

/* The libraries' own headers come first, so that only our code is held to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* a macro where clang meets _FORTIFY_SOURCE */
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat sprintf vsprintf strtok gmtime localtime ctime asctime atoi \
	atol system

#endif
