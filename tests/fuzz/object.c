// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/object/ on any bytes at all, with a kernel that takes what its verifier would not mind. */
#include "image.h"
#include "model.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* In a block that malloc() aligned, as read_object() has it. */
	struct image image = {.bytes = malloc(size ? size : 1), .size = size};
	struct error err = {.text = ""};

	memcpy(image.bytes, data, size);
	model_boot(&model_6_12);
	if (image_use(&image, &err) && (!err.status || !strstr(err.text, IMAGE_NAME)))
		abort();
	if (model_leaks())
		abort();
	image_free(&image);
	return 0;
}
