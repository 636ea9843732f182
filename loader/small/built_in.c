// SPDX-License-Identifier: GPL-2.0-or-later
/* The BPF object is a third of a small program, and a twentieth when gzip has had it. */
#include "built_in.h"

#include <stdlib.h>
#include <zlib.h>

static size_t packed_size(void)
{
	return (size_t)(embedded_object_end - embedded_object);
}

/* The end of what gzip makes: the size of what it was made of, lowest byte first (RFC 1952). */
static size_t whole_size(void)
{
	const unsigned char *at = embedded_object + packed_size() - 4;

	return (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
}

/* 16: gzip's form, and not zlib's own. */
static int unpack(unsigned char *to, size_t size)
{
	z_stream stream = {
		.next_in = (unsigned char *)embedded_object,
		.avail_in = (unsigned int)packed_size(),
		.next_out = to,
		.avail_out = (unsigned int)size,
	};
	int result = inflateInit2(&stream, 16 + MAX_WBITS);

	if (result != Z_OK)
		return result;
	result = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	return result == Z_STREAM_END && stream.total_out == size ? Z_OK : result;
}

int built_in_open(const void **image, size_t *size, void **room, struct error *err)
{
	int result = Z_MEM_ERROR;

	*size = whole_size();
	*room = malloc(*size);
	*image = *room;
	if (*room)
		result = unpack(*room, *size);
	if (result != Z_OK)
		return error_set(err, STATUS_FAILURE, "unpacking the built-in object: zlib says %d; %s", result,
				 result == Z_MEM_ERROR ? "out of memory" : "this program's file is damaged");
	return 0;
}
