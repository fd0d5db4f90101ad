/* Owns the layout of the shared mapping.  Called by master.c and worker.c. */
#include "qrsvc/app/shared.h"

#include "qrsvc/base/crypto.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x3230445248535251) /* "QRSHRD02" */

int shared_create(struct shared **ret_)
{
	int fd = memfd_create("qrsvc", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	struct shared *s = MAP_FAILED;
	if (ftruncate(fd, sizeof *s) == 0)
		s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (s == MAP_FAILED) {
		close(fd);
		return -1;
	}
	s->magic = MAGIC;
	s->size = sizeof *s;
	crypto_random(s->secret, sizeof s->secret);
	*ret_ = s;
	return fd;
}

struct shared *shared_map(int fd)
{
	struct stat st;
	if (fstat(fd, &st) != 0 || (uint64_t)st.st_size != sizeof(struct shared))
		return NULL;
	struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (s == MAP_FAILED)
		return NULL;
	if (s->magic == MAGIC && s->size == sizeof *s)
		return s;
	munmap(s, sizeof *s);
	return NULL;
}

void shared_retire(struct shared *s, int i)
{
	struct shared_slot *gone = &s->slot[i];
	size_t first = offsetof(struct shared_slot, requests),
	       n = (offsetof(struct shared_slot, gauge_cache_bytes) - first) / sizeof(uint64_t);
	_Atomic uint64_t *from = (void *)((char *)gone + first),
			 *to = (void *)((char *)&s->past + first);
	for (size_t k = 0; k < n; k++)
		shared_add(&to[k], atomic_load_explicit(&from[k], memory_order_relaxed));
	memset((void *)gone, 0, sizeof *gone);
}
