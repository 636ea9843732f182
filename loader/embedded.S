/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiled BPF object, as bytes of the program. libelf wants its structures aligned. */
	.section .rodata
	.balign 16
	.globl embedded_object, embedded_object_end
embedded_object:
	.incbin BPF_OBJECT
embedded_object_end:
	.byte 0
	.section .note.GNU-stack,"",%progbits
