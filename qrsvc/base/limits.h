/* Every ceiling of the program, each with its reason.  Sizes in bytes unless said otherwise. */
#ifndef QR_BASE_LIMITS_H
#define QR_BASE_LIMITS_H

#define KIB 1024u
#define MIB (1024u * 1024u)

/* One log line: an event with a long path still fits, a flood cannot fill a disk. */
#define LIMIT_LOG_LINE (4u * KIB)

/* HTTP (security.md 3, architecture.md 4). */
#define LIMIT_HTTP_HEAD (16u * KIB)	 /* request line and fields */
#define LIMIT_HTTP_FIELDS 64u		 /* a browser sends about 15 */
#define LIMIT_HTTP_TARGET 8000u		 /* RFC 9112 3: at least 8000 octets should be taken */
#define LIMIT_HTTP_PIPELINE 16u		 /* requests read ahead on one connection */
#define LIMIT_HTTP_CHUNK_LINE (1u * KIB) /* chunk size with its extensions */
#define LIMIT_HTTP_TRAILERS (4u * KIB)
#define LIMIT_BODY_SMALL (64u * KIB)  /* kept in the arena; larger bodies go to a spool file */
#define LIMIT_BODY_UPLOAD (40u * MIB) /* security.md 22: ten photos of a phone */
#define LIMIT_PHOTO_BYTES (12u * MIB) /* security.md 22 */
#define LIMIT_BLOB_PIECE (1u * MIB)   /* of a resumable upload; core.blob_piece has it too */
#define LIMIT_MULTIPART_PARTS 32u
#define LIMIT_MULTIPART_HEAD (4u * KIB)
#define LIMIT_MULTIPART_BOUNDARY 70u /* RFC 2046 5.1.1 */

/* A table an office brings: core.import_file has the bytes too.  What it does is one
 * transaction, documents included, that must end within the minute of a statement. */
#define LIMIT_IMPORT_BYTES (8u * MIB)
#define LIMIT_IMPORT_ROWS 10000u
#define LIMIT_EXPORT_BYTES (256u * MIB) /* of one export, spooled */

/* Deadlines in milliseconds (security.md 5). */
#define LIMIT_MS_HEAD 5000
#define LIMIT_MS_BODY 300000
#define LIMIT_MS_IDLE 5000
#define LIMIT_MS_WRITE 30000

/* One page or document: the largest history chunk is about 100 KB. */
#define LIMIT_PAGE (1u * MIB)
#define LIMIT_DOCUMENT (1u * MIB)

/* Photos (security.md 23). */
#define LIMIT_PHOTO_PIXELS 50000000u
#define LIMIT_PHOTO_SIDE 12000u

/* Labels in one batch (security.md 38). */
#define LIMIT_LABELS 10000u

#endif
