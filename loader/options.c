// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include "counting.h"
#include "parts.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RING_BYTES_MAX	 (1U << 28)
#define MAX_KEYS_DEFAULT 16384
#define MAX_KEYS_MOST	 (1U << 24)

const char options_help[] =
	"Usage: connsnoop [options] [-- COMMAND [ARG...]]\n"
	"\n"
	"Reports every attempt to connect a socket on this machine.\n"
	"\n"
	"What is shown (by default IPv4, IPv6 and UNIX streams and datagrams):\n"
	"  -4, -6, -x           only IPv4, only IPv6, only UNIX; together: any of them\n"
	"  -a                   every family and every socket type\n"
	"      --family LIST    only these families, for example inet,netlink,unspec\n"
	"  -p PID,...           only these processes, as the initial PID namespace numbers them\n"
	"  -u UID|NAME,...      only these users\n"
	"  -P PORT,A-B,...      only these destination ports\n"
	"      --net CIDR,...   only these addresses; IPv4 prefixes match ::ffff:a.b.c.d too\n"
	"      --unix-path GLOB,...  only these UNIX paths; @ before abstract names\n"
	"      --comm GLOB,...  only these commands\n"
	"                       ! before a list: all others; filters of different kinds all have to match\n"
	"      --type LIST      only these socket types, for example stream,dgram\n"
	"      --cgroup PATH,...  only what runs in these cgroups and below them\n"
	"      --netns INODE|FILE,...  only what runs in these network namespaces\n"
	"  -f                   with -p: their descendants too\n"
	"  -n N                 stop after N events\n"
	"      --duration SEC   stop after SEC seconds (fractions allowed)\n"
	"\n"
	"How much of it:\n"
	"  -c                   count instead: a table at the end\n"
	"      --interval SEC   with -c: a table every SEC seconds\n"
	"      --top N          with -c: only the N largest sums\n"
	"      --by COLUMN,...  what is counted by: pid,tid,uid,comm,family,type,addr,port,cgroup,netns\n"
	"      --max-keys N     room for so many different keys (default: 16384)\n"
	"      --once           only the first event of each such key; the rest is counted\n"
	"      --rate N         at most N events a second of each such key; the rest is counted\n"
	"      --learn FILE     write who connected where to FILE, as a baseline\n"
	"      --check FILE     show only what is not in that baseline; status 1 if there was any\n"
	"\n"
	"What is told:\n"
	"  -r, --result         how it ended, once it has: verdict, result, latency, local address\n"
	"  -z, -Z               the same, without failures; without successes\n"
	"      --identity       parent, start time, namespaces, cgroup, container, program\n"
	"      --args           the program's arguments too\n"
	"  -d                   names of destinations, from DNS answers that came by\n"
	"\n"
	"How it is shown:\n"
	"      --json           one JSON object a line; the same as --format json\n"
	"      --format FORMAT  text (default), json, tracee, tracee2, ecs, ocsf or csv\n"
	"  -t                   seconds since start\n"
	"  -T                   time of day, HH:MM:SS.mmm\n"
	"  -U                   the user's name\n"
	"  -H                   no header\n"
	"  -o FILE              append to FILE; SIGHUP opens it anew\n"
	"      --rotate SIZE,COUNT  with -o: begin a new file at SIZE bytes (K, M, G), keep COUNT old ones\n"
	"      --syslog[=ADDR]  to /dev/log, or to udp:HOST:PORT or tcp:HOST:PORT, as RFC 5424 says\n"
	"      --journal        to journald, each value a field\n"
	"\n"
	"How it is traced:\n"
	"      --hook HOOK      auto (default), kprobe, proto or tracepoint\n"
	"      --filter-in PLACE  auto (default): drop in the kernel what it can tell; reader: nothing\n"
	"      --buffer-pages N ring of N pages for each CPU, a power of two (default: 1 MiB, less on small machines)\n"
	"      --ring KIND      auto (default), mapped (5.8) or perf\n"
	"      --canary SEC     every SEC seconds an attempt of its own has to come through\n"
	"      --strict         end with status 1 when anything is lost or stops working\n"
	"      --user NAME      go on as this user, or UID:GID, once tracing has proved itself\n"
	"      --no-sandbox     keep all capabilities and system calls\n"
	"      --object FILE    a compiled BPF object in place of the built-in one\n"
	"      --doctor         say what this kernel offers, and which hook would be used; with --json as JSON\n"
	"\n"
	"  -v                   say more on standard error\n"
	"  -V, --version        the version\n"
	"  -h, --help           this text\n"
	"\n"
	"With COMMAND: run it once tracing has proved itself, end with it, return its status.\n"
	"SIGUSR1 prints the counters. Status: 0 fine, 1 failure, 2 usage, 3 kernel lacks something, 4 not permitted.\n";

enum long_option {
	OPT_JSON = 256,
	OPT_FORMAT,
	OPT_FAMILY,
	OPT_DURATION,
	OPT_HOOK,
	OPT_PAGES,
	OPT_RING,
	OPT_OBJECT,
	OPT_FILTER_IN,
	OPT_DOCTOR,
	OPT_NET,
	OPT_COMM,
	OPT_UNIX_PATH,
	OPT_TYPE,
	OPT_CGROUP,
	OPT_NETNS,
	OPT_INTERVAL,
	OPT_TOP,
	OPT_BY,
	OPT_MAX_KEYS,
	OPT_ONCE,
	OPT_RATE,
	OPT_LEARN,
	OPT_CHECK,
	OPT_IDENTITY,
	OPT_ARGS,
	OPT_ROTATE,
	OPT_SYSLOG,
	OPT_JOURNAL,
	OPT_USER,
	OPT_NO_SANDBOX,
	OPT_CANARY,
	OPT_STRICT
};

static const struct option long_options[] = {
	{"json", no_argument, NULL, OPT_JSON},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"family", required_argument, NULL, OPT_FAMILY},
	{"duration", required_argument, NULL, OPT_DURATION},
	{"hook", required_argument, NULL, OPT_HOOK},
	{"buffer-pages", required_argument, NULL, OPT_PAGES},
	{"ring", required_argument, NULL, OPT_RING},
	{"filter-in", required_argument, NULL, OPT_FILTER_IN},
	{"object", required_argument, NULL, OPT_OBJECT},
	{"doctor", no_argument, NULL, OPT_DOCTOR},
	{"net", required_argument, NULL, OPT_NET},
	{"comm", required_argument, NULL, OPT_COMM},
	{"unix-path", required_argument, NULL, OPT_UNIX_PATH},
	{"type", required_argument, NULL, OPT_TYPE},
	{"cgroup", required_argument, NULL, OPT_CGROUP},
	{"netns", required_argument, NULL, OPT_NETNS},
	{"interval", required_argument, NULL, OPT_INTERVAL},
	{"top", required_argument, NULL, OPT_TOP},
	{"by", required_argument, NULL, OPT_BY},
	{"max-keys", required_argument, NULL, OPT_MAX_KEYS},
	{"once", no_argument, NULL, OPT_ONCE},
	{"rate", required_argument, NULL, OPT_RATE},
	{"learn", required_argument, NULL, OPT_LEARN},
	{"check", required_argument, NULL, OPT_CHECK},
	{"result", no_argument, NULL, 'r'},
	{"identity", no_argument, NULL, OPT_IDENTITY},
	{"args", no_argument, NULL, OPT_ARGS},
	{"rotate", required_argument, NULL, OPT_ROTATE},
	{"syslog", optional_argument, NULL, OPT_SYSLOG},
	{"journal", no_argument, NULL, OPT_JOURNAL},
	{"user", required_argument, NULL, OPT_USER},
	{"no-sandbox", no_argument, NULL, OPT_NO_SANDBOX},
	{"canary", required_argument, NULL, OPT_CANARY},
	{"strict", no_argument, NULL, OPT_STRICT},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int parse_count(const char *name, const char *text, uint64_t max, uint64_t *value, struct error *err)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno || *end || text[0] < '0' || text[0] > '9' || *value == 0 || *value > max)
		return error_set(err, STATUS_USAGE, "%s takes a whole number from 1 to %llu, not \"%s\"", name,
				 (unsigned long long)max, text);
	return 0;
}

/* Digits, and perhaps a dot and digits: nanoseconds. strtod() would bring 20 KB and a locale. */
static int parse_seconds(const char *name, const char *text, uint64_t *ns, struct error *err)
{
	const uint64_t second = 1000000000;
	uint64_t whole = 0, part = 0, unit = second;
	const char *at = text;

	for (; *at >= '0' && *at <= '9' && whole < second; at++)
		whole = whole * 10 + (uint64_t)(*at - '0');
	if (*at == '.' && (at[1] || at != text)) {
		for (at++; *at >= '0' && *at <= '9'; at++) {
			unit /= 10;
			part += unit * (uint64_t)(*at - '0');
		}
	}
	*ns = whole * second + part;
	if (*at || at == text || whole > second || !*ns)
		return error_set(err, STATUS_USAGE, "%s takes a number of seconds above 0, not \"%s\"", name, text);
	return 0;
}

/* "10M,5": bytes with a unit or none, and how many old files are kept. */
static int parse_rotate(const char *text, uint64_t *size, unsigned int *count, struct error *err)
{
	static const char units[] = "KMG";
	unsigned long long number, files;
	const char *unit;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		unsigned int shift = 10 * (unsigned int)(unit - units + 1);

		number = number > UINT64_MAX >> shift ? 0 : number << shift;
		end++;
	}
	files = *end == ',' && end[1] >= '0' && end[1] <= '9' ? strtoull(end + 1, &end, 10) : 0;
	if (errno || *end || *text < '0' || *text > '9' || number < 4096 || !files || files > 9999)
		return error_set(
			err, STATUS_USAGE,
			"--rotate takes a size of 4K or more and a count from 1 to 9999, for example 10M,5, not \"%s\"",
			text);
	*size = number;
	*count = (unsigned int)files;
	return 0;
}

static int parse_columns(const char *text, unsigned int *by, struct error *err)
{
	for (const char *list = text; *list;) {
		size_t len = strcspn(list, ",");
		int column = column_number(list, len);

		if (column < 0)
			return error_set(
				err, STATUS_USAGE,
				"--by takes columns out of pid,tid,uid,comm,family,type,addr,port,cgroup,netns, not \"%.*s\"",
				(int)len, list);
		*by |= BY(column);
		list += len + (list[len] == ',');
	}
	if (!*by)
		return error_set(err, STATUS_USAGE, "--by takes a list of columns, for example comm,addr,port");
	return 0;
}

static int parse_pages(const char *text, unsigned int *pages, struct error *err)
{
	const uint64_t most = RING_BYTES_MAX / (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t value;

	if (parse_count("--buffer-pages", text, most, &value, err))
		return -1;
	if (value & (value - 1))
		return error_set(err, STATUS_USAGE,
				 "--buffer-pages takes a power of two (the kernel's rings have no other size), not %s",
				 text);
	*pages = (unsigned int)value;
	return 0;
}

static int parse_format(const char *text, enum format *format, struct error *err)
{
	static const char *const names[] = {
		[FORMAT_TEXT] = "text",	      [FORMAT_JSON] = "json", [FORMAT_TRACEE] = "tracee",
		[FORMAT_TRACEE2] = "tracee2", [FORMAT_ECS] = "ecs",   [FORMAT_OCSF] = "ocsf",
		[FORMAT_CSV] = "csv",
	};

	for (enum format known = FORMAT_TEXT; known < FORMAT_COUNT; known++) {
		if (!strcmp(text, names[known])) {
			*format = known;
			return parts_check("--format", text, err);
		}
	}
	return error_set(err, STATUS_USAGE, "--format takes text, json, tracee, tracee2, ecs, ocsf or csv, not \"%s\"",
			 text);
}

static int parse_hook(const char *text, enum hook_kind *hook, struct error *err)
{
	for (enum hook_kind kind = HOOK_AUTO; kind <= HOOK_TRACEPOINT; kind++) {
		if (!strcmp(text, hook_kind_name(kind))) {
			*hook = kind;
			return 0;
		}
	}
	return error_set(err, STATUS_USAGE, "--hook takes auto, kprobe, proto or tracepoint, not \"%s\"", text);
}

static int parse_ring(const char *text, enum ring_choice *ring, struct error *err)
{
	static const char *const names[] = {[RINGS_AUTO] = "auto", [RINGS_MAPPED] = "mapped", [RINGS_PERF] = "perf"};

	for (enum ring_choice choice = RINGS_AUTO; choice <= RINGS_PERF; choice++) {
		if (!strcmp(text, names[choice])) {
			*ring = choice;
			return parts_check("--ring", text, err);
		}
	}
	return error_set(err, STATUS_USAGE, "--ring takes auto, mapped or perf, not \"%s\"", text);
}

static int parse_filter_in(const char *text, bool *in_reader, struct error *err)
{
	*in_reader = !strcmp(text, "reader");
	if (!*in_reader && strcmp(text, "auto") != 0)
		return error_set(err, STATUS_USAGE, "--filter-in takes auto or reader, not \"%s\"", text);
	return 0;
}

static int parse_family(const char *text, uint64_t *families, struct error *err)
{
	const char *list = text[0] == '!' ? text + 1 : text;
	char name[32];
	uint64_t set = 0;

	while (*list) {
		size_t len = strcspn(list, ",");
		int family;

		if (len >= sizeof(name))
			len = sizeof(name) - 1;
		memcpy(name, list, len);
		name[len] = '\0';
		family = family_number(name);
		if (family < 0)
			return error_set(
				err, STATUS_USAGE,
				"--family: \"%s\" is no address family; names are those of socket(2), for example inet, inet6, unix, netlink, unspec",
				name);
		set |= 1ULL << family;
		list += strcspn(list, ",");
		list += *list == ',';
	}
	if (!set)
		return error_set(err, STATUS_USAGE,
				 "--family takes a list of address families, for example inet,inet6");
	*families |= text[0] == '!' ? ~set & (FAMILIES_ANY >> 1) : set;
	return 0;
}

/* The parsers that follow return 1 where the option is none of theirs. */
static int parse_filter(struct filter *filter, int opt, struct error *err)
{
	switch (opt) {
	case '4':
		filter->families |= 1ULL << family_number("inet");
		return 0;
	case '6':
		filter->families |= 1ULL << family_number("inet6");
		return 0;
	case 'x':
		filter->families |= 1ULL << family_number("unix");
		return 0;
	case 'a':
		filter->any_type = true;
		return 0;
	case 'p':
		return ranges_add(&filter->pids, "-p", optarg, UINT32_MAX, err);
	case 'u':
		return ranges_add_users(&filter->uids, "-u", optarg, err);
	case 'P':
		return ranges_add(&filter->ports, "-P", optarg, UINT16_MAX, err);
	case OPT_NET:
		return prefixes_add(&filter->nets, "--net", optarg, err);
	case OPT_COMM:
		return patterns_add(&filter->comms, "--comm", optarg, err);
	case OPT_UNIX_PATH:
		return patterns_add(&filter->paths, "--unix-path", optarg, err);
	case OPT_FAMILY:
		return parse_family(optarg, &filter->families, err);
	case OPT_TYPE:
		return ranges_add_types(&filter->types, "--type", optarg, err);
	case OPT_CGROUP:
		return patterns_add(&filter->cgroups, "--cgroup", optarg, err);
	case OPT_NETNS:
		return ranges_add_namespaces(&filter->netns, "--netns", optarg, err);
	default:
		return 1;
	}
}

static int parse_amount(struct options *options, int opt, struct error *err)
{
	switch (opt) {
	case 'c':
		options->count = true;
		return 0;
	case 'n':
		return parse_count("-n", optarg, UINT64_MAX / 2, &options->max_events, err);
	case OPT_DURATION:
		return parse_seconds("--duration", optarg, &options->duration, err);
	case OPT_INTERVAL:
		return parse_seconds("--interval", optarg, &options->interval, err);
	case OPT_TOP:
		return parse_count("--top", optarg, UINT32_MAX, &options->top, err);
	case OPT_BY:
		return parse_columns(optarg, &options->by, err);
	case OPT_MAX_KEYS:
		return parse_count("--max-keys", optarg, MAX_KEYS_MOST, &options->max_keys, err);
	case OPT_ONCE:
		options->once = true;
		return 0;
	case OPT_RATE:
		return parse_count("--rate", optarg, UINT32_MAX, &options->rate, err);
	case OPT_LEARN:
		options->learn = optarg;
		return 0;
	case OPT_CHECK:
		options->check = optarg;
		return 0;
	default:
		return 1;
	}
}

static int parse_content(struct options *options, int opt, struct error *err)
{
	switch (opt) {
	case 'f':
		options->follow = true;
		return 0;
	case 'z':
		options->shown_outcomes = OUTCOMES_SUCCESSFUL;
		options->result = true;
		return 0;
	case 'Z':
		options->shown_outcomes = OUTCOMES_FAILED;
		options->result = true;
		return 0;
	case 'r':
		options->result = true;
		return 0;
	case 'd':
		options->names = true;
		return parts_check("-d", NULL, err);
	case OPT_ARGS:
		options->args = true;
		options->identity = true;
		return 0;
	case OPT_IDENTITY:
		options->identity = true;
		return 0;
	default:
		return 1;
	}
}

static int parse_output(struct options *options, int opt, struct error *err)
{
	switch (opt) {
	case 't':
		options->since_start = true;
		return 0;
	case 'T':
		options->clock = true;
		return 0;
	case 'U':
		options->user = true;
		return 0;
	case 'H':
		options->header = false;
		return 0;
	case 'o':
		options->output = optarg;
		return 0;
	case OPT_JSON:
		options->format = FORMAT_JSON;
		return 0;
	case OPT_FORMAT:
		return parse_format(optarg, &options->format, err);
	case OPT_ROTATE:
		return parse_rotate(optarg, &options->rotate_size, &options->rotate_count, err);
	case OPT_SYSLOG:
		options->syslog = optarg ? optarg : "";
		return parts_check("--syslog", NULL, err);
	case OPT_JOURNAL:
		options->journal = true;
		return parts_check("--journal", NULL, err);
	default:
		return 1;
	}
}

static int parse_trust(struct options *options, int opt, struct error *err)
{
	switch (opt) {
	case OPT_USER:
		options->run_as = optarg;
		return 0;
	case OPT_NO_SANDBOX:
		options->no_sandbox = true;
		return 0;
	case OPT_CANARY:
		return parse_seconds("--canary", optarg, &options->canary, err);
	case OPT_STRICT:
		options->strict = true;
		return 0;
	default:
		return 1;
	}
}

static int parse_means(struct options *options, int opt, struct error *err)
{
	switch (opt) {
	case OPT_HOOK:
		return parse_hook(optarg, &options->hook, err);
	case OPT_PAGES:
		return parse_pages(optarg, &options->pages, err);
	case OPT_RING:
		return parse_ring(optarg, &options->ring, err);
	case OPT_FILTER_IN:
		return parse_filter_in(optarg, &options->filter_in_reader, err);
	case OPT_OBJECT:
		options->object = optarg;
		return 0;
	case OPT_DOCTOR:
		options->action = ACTION_DOCTOR;
		return 0;
	case 'v':
		options->verbose = true;
		return 0;
	case 'V':
		options->action = ACTION_VERSION;
		return 0;
	case 'h':
		options->action = ACTION_HELP;
		return 0;
	default:
		return -1;
	}
}

static int parse_one(struct options *options, int opt, struct error *err)
{
	int result = parse_filter(&options->filter, opt, err);

	result = result > 0 ? parse_amount(options, opt, err) : result;
	result = result > 0 ? parse_content(options, opt, err) : result;
	result = result > 0 ? parse_output(options, opt, err) : result;
	result = result > 0 ? parse_trust(options, opt, err) : result;
	return result > 0 ? parse_means(options, opt, err) : result;
}

static int explain_unknown(int opt, char **argv, struct error *err)
{
	const char *word = optopt > 0 && optopt < 256 ? (char[]){'-', (char)optopt, '\0'} : argv[optind - 1];

	/* getopt_long() gives the letter of an option it knows; then what it did not want was the value. */
	if (opt == '?' && optopt && strchr(argv[optind - 1], '=') && !strncmp(argv[optind - 1], "--", 2))
		return error_set(err, STATUS_USAGE, "option %s: it takes no value; see --help", argv[optind - 1]);
	if (opt == ':')
		return error_set(err, STATUS_USAGE, "option %s needs a value; see --help", word);
	return error_set(err, STATUS_USAGE, "there is no option %s; see --help", word);
}

/* A family that was asked for by name is wanted with all its types only with -a; AF_UNSPEC and the like have few. */
static void settle_filter(struct filter *filter)
{
	const uint64_t common = FAMILIES_DEFAULT;

	if (!filter->families)
		filter->families = filter->any_type ? FAMILIES_ANY : common;
	else if (filter->families & ~common)
		filter->any_type = true;
}

/* Other programs' formats are about who as much as about what. */
static void settle_format(struct options *options)
{
	if (options->format == FORMAT_TRACEE || options->format == FORMAT_TRACEE2 || options->format == FORMAT_ECS ||
	    options->format == FORMAT_OCSF)
		options->identity = true;
}

/* What only makes sense together. */
static int check_together(const struct options *options, struct error *err)
{
	bool keyed = options->count || options->once || options->rate || options->learn;

	if (options->follow && !options->filter.pids.count && !options->command)
		return error_set(err, STATUS_USAGE, "-f follows processes; say which by -p");
	if (options->follow && options->filter.pids.negated)
		return error_set(err, STATUS_USAGE,
				 "-f follows the processes of -p, and ! leaves them out; give one of them");
	if ((options->interval || options->top) && !options->count)
		return error_set(err, STATUS_USAGE, "--interval and --top are about the table of -c; give that too");
	if (options->by && !keyed && !options->check)
		return error_set(err, STATUS_USAGE,
				 "--by says what -c, --once, --rate, --learn and --check go by; give one of them");
	if (options->max_keys && !keyed)
		return error_set(err, STATUS_USAGE,
				 "--max-keys is about the tables of -c, --once, --rate and --learn; give one of them");
	if (options->once && options->rate)
		return error_set(err, STATUS_USAGE, "--once and --rate exclude each other");
	if (options->learn && options->check)
		return error_set(err, STATUS_USAGE,
				 "--learn writes a baseline and --check reads one; give one of them");
	if (options->count && (options->learn || options->check || options->result || options->once || options->rate))
		return error_set(
			err, STATUS_USAGE,
			"-c counts in place of showing, so --learn, --check, -r, -z, -Z, --once and --rate do not go with it");
	if (options->count && options->format != FORMAT_TEXT && options->format != FORMAT_JSON &&
	    options->format != FORMAT_CSV)
		return error_set(err, STATUS_USAGE, "-c writes text, json or csv");
	if (options->rotate_size && !options->output)
		return error_set(err, STATUS_USAGE, "--rotate is about a file; give -o FILE too");
	if (!!options->output + !!options->syslog + options->journal > 1)
		return error_set(err, STATUS_USAGE, "-o, --syslog and --journal exclude each other");
	return 0;
}

int options_parse(struct options *options, int argc, char **argv, struct error *err)
{
	const char *last_value = NULL;
	int opt;

	memset(options, 0, sizeof(*options));
	options->header = true;
	opterr = 0;
	optind = 1;
	/* "+": options end where the command begins; ":": a missing value is told from an unknown option. */
	while ((opt = getopt_long(argc, argv, "+:46xatTUHvVhcfrzZdn:o:p:u:P:", long_options, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return explain_unknown(opt, argv, err);
		if (parse_one(options, opt, err))
			return -1;
		last_value = optarg;
	}
	settle_filter(&options->filter);
	settle_format(options);
	if (optind < argc)
		options->command = argv + optind;
	/* In "-o -- curl" the two dashes are a file's name. */
	if (options->command && (strcmp(argv[optind - 1], "--") != 0 || last_value == argv[optind - 1]))
		return error_set(err, STATUS_USAGE, "unexpected word \"%s\"; a command to run comes after --",
				 options->command[0]);
	if (options->command && options->action == ACTION_DOCTOR)
		return error_set(err, STATUS_USAGE, "--doctor traces nothing, so it runs no command");
	/* A command stands for the processes that are asked for, unless -p names others. */
	options->filter.follow = options->follow || (options->command && !options->filter.pids.count);
	if (check_together(options, err))
		return -1;
	if (!options->max_keys)
		options->max_keys = MAX_KEYS_DEFAULT;
	return 0;
}

void options_free(struct options *options)
{
	filter_free(&options->filter);
}
