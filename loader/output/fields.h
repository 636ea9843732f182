/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table of what can be said of an attempt: what each format calls it, when it is known, where it comes from.
 * JSON, CSV, ECS, OCSF and Tracee's form are rendered from it. A new field is one line.
 */
#ifndef CONNSNOOP_FIELDS_H
#define CONNSNOOP_FIELDS_H

#include "output.h"

/* What has to be known for a field to be there, beside the bits of enum identity_part, which are the lowest. */
#define KNOWN_EVENT	 (1ULL << 16) /* always */
#define KNOWN_ADDRESS	 (1ULL << 17) /* it could be read, if perhaps not decoded */
#define KNOWN_FAMILY	 (1ULL << 18)
#define KNOWN_INET	 (1ULL << 19) /* the family is IPv4's or IPv6's */
#define KNOWN_ADDR	 (1ULL << 20)
#define KNOWN_PORT	 (1ULL << 21)
#define KNOWN_FLOWINFO	 (1ULL << 22)
#define KNOWN_SCOPE	 (1ULL << 23)
#define KNOWN_PATH	 (1ULL << 24)
#define KNOWN_ABSTRACT	 (1ULL << 25) /* the path is */
#define KNOWN_RAW	 (1ULL << 26)
#define KNOWN_TYPE	 (1ULL << 27)
#define KNOWN_COMPAT	 (1ULL << 28)
#define KNOWN_KERNEL	 (1ULL << 29)
#define KNOWN_DISCONNECT (1ULL << 30)
#define KNOWN_MEMORY	 (1ULL << 31) /* it was the caller's that the address was read from */
#define KNOWN_START_PROC (1ULL << 32) /* the start time is /proc's */
#define KNOWN_ABOUT	 (1ULL << 33) /* /proc was asked */
#define KNOWN_ARGS	 (1ULL << 34)
#define KNOWN_ARGS_CUT	 (1ULL << 35)
#define KNOWN_USER	 (1ULL << 36) /* its name may be known */
#define KNOWN_OUTCOME	 (1ULL << 37)
#define KNOWN_VERDICT	 (1ULL << 38)
#define KNOWN_ERROR	 (1ULL << 39) /* it has failed, and why */
#define KNOWN_LATENCY	 (1ULL << 40)
#define KNOWN_LOCAL	 (1ULL << 41)
#define KNOWN_PROTOCOL	 (1ULL << 42)
#define KNOWN_DOMAIN	 (1ULL << 43)
#define KNOWN_TAGS	 (1ULL << 44)
#define KNOWN_BY_PROC	 (1ULL << 45)	   /* some of the identity is /proc's */
#define KNOWN_IDENTITY	 (KNOWN_EVENT - 1) /* any part of it */

/* How a field's value is had. */
enum kind {
	OBJECT, /* nothing of itself: the object is there, even if it stays empty */
	NUMBER16,
	NUMBER32,
	NUMBER64,
	SIGNED32,
	TEXT32, /* numbers where a format wants strings, or where its readers can't hold 64 bits */
	TEXT64,
	STRING,	 /* a const char * to what others chose; NULL: absent */
	SPAN,	 /* bytes that others chose, by a function; NULL: absent */
	WORD,	 /* a string of ours, by a function: nothing in it has to be escaped; NULL: absent */
	LITERAL, /* text that stands as it is */
	QUOTED,	 /* text between quotes */
	PLAIN,	 /* text that a function appends: nothing in it has to be escaped; false: absent */
	RAW,	 /* JSON that a function appends; false: absent */
	ARGS,	 /* the caller's arguments */
	TAGS,
};

struct field {
	/* JSON's and CSV's name, and those of the others. Dots make objects; NULL: that format does not have it. */
	const char *name, *ecs, *ocsf, *tracee;
	uint64_t needs; /* all of these: KNOWN_* and enum identity_part */
	struct source source;
};

/* All of them: the one behind `field`, of NULL the first; NULL behind the last. */
const struct field *fields_next(const struct field *field);

/* foreign.c: those that have no name in JSON. Ends with one that has no name at all. */
extern const struct field foreign_fields[];

uint64_t fields_known(const struct style *style, const struct attempt *attempt);

/* tracee.c: the keys in order, and what stands for a value that is not known. */
extern const struct tracee_key {
	const char *key, *absent;
} tracee_keys[];

/* who.c: what is said of the caller. */
struct span about_args(const struct about *about);
/* A JSON array of strings; returns whether reading it back would not give the same bytes. */
int put_args_array(struct buffer *buf, const struct about *about);

/* The arguments with spaces between. */
void put_command_line(struct buffer *buf, const struct about *about);

/* how.c: the words of a list. The first has *before before it, others what is between. */
void put_listed(struct buffer *buf, const char **before, const char *word, const char *between);
#define TAGS_NAMED (TAG_ADDR_SELECT | TAG_NSCD)
void put_tags(struct buffer *buf, uint32_t tags, const char **before, const char *between);
/* The errno that it has failed with, or 0. */
int failure_of(const struct attempt *attempt);
/* 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104. */
bool is_loopback(const struct address *address);

/* Getters, by the file that has them. */
#define GETTER(name)	  bool name(struct style *style, struct buffer *buf, const struct attempt *attempt)
#define WORD_GETTER(name) const char *name(const struct style *style, const struct attempt *attempt)
#define SPAN_GETTER(name) struct span name(const struct style *style, const struct attempt *attempt)

/* where.c */
GETTER(get_family);
GETTER(get_addr);
GETTER(get_raw);
GETTER(get_type);
GETTER(get_local_addr);
GETTER(get_protocol);
GETTER(get_protocol_number);
SPAN_GETTER(get_path);

/* who.c */
SPAN_GETTER(get_comm);
SPAN_GETTER(get_user);
GETTER(get_start);
WORD_GETTER(get_exe_from);
GETTER(get_command_line);
/* A hash of the boot, the process's number and its start to 10 ms, as /proc knows it: 16 hex digits. */
GETTER(get_entity);

/* how.c */
GETTER(get_time);
GETTER(get_sequence);
/* The attempt in a sentence for people: less than this many bytes. */
#define MESSAGE_MAX 1024
void put_message(struct buffer *buf, const struct attempt *attempt);
WORD_GETTER(get_via);
WORD_GETTER(get_hook);
WORD_GETTER(get_outcome);
GETTER(get_verdict);
GETTER(get_error);

/* ecs.c */
SPAN_GETTER(ecs_hostname);
WORD_GETTER(ecs_host_id);
WORD_GETTER(ecs_boot_id);
GETTER(ecs_address);
GETTER(ecs_type);
WORD_GETTER(ecs_outcome);
GETTER(ecs_error);
GETTER(ecs_message);
GETTER(ecs_related);
WORD_GETTER(ecs_network_type);
GETTER(ecs_tags);

/* ocsf.c */
GETTER(ocsf_activity);
GETTER(ocsf_type);
GETTER(ocsf_time);
GETTER(ocsf_start);
GETTER(ocsf_profiles);
GETTER(ocsf_status);
WORD_GETTER(ocsf_status_detail);
GETTER(ocsf_direction);
GETTER(ocsf_version);
SPAN_GETTER(ocsf_hostname);
SPAN_GETTER(ocsf_nodename);
SPAN_GETTER(ocsf_domain);
SPAN_GETTER(ocsf_odd_domain);
GETTER(ocsf_lone_port);

/* tracee.c */
GETTER(tracee_time);
GETTER(tracee_start);
GETTER(tracee_pid);
GETTER(tracee_tid);
GETTER(tracee_ppid);
GETTER(tracee_executable);
SPAN_GETTER(tracee_hostname);
GETTER(tracee_container);
WORD_GETTER(tracee_event_id);
GETTER(tracee_args_count);
WORD_GETTER(tracee_syscall);
GETTER(tracee_flags);
GETTER(tracee_thread_entity);
GETTER(tracee_process_entity);
GETTER(tracee_args);

#endif
