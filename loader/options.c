// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define PAGES_MAX (1U << 16)

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
	"  -n N                 stop after N events\n"
	"      --duration SEC   stop after SEC seconds (fractions allowed)\n"
	"\n"
	"How it is shown:\n"
	"      --json           one JSON object a line; the same as --format json\n"
	"      --format FORMAT  text (default) or json\n"
	"  -t                   seconds since start\n"
	"  -T                   time of day, HH:MM:SS.mmm\n"
	"  -U                   the user's name\n"
	"  -H                   no header\n"
	"  -o FILE              append to FILE; SIGHUP opens it anew\n"
	"\n"
	"How it is traced:\n"
	"      --hook HOOK      auto (default), kprobe, proto or tracepoint\n"
	"      --buffer-pages N ring of N pages for each CPU, a power of two (default: 256, less on small machines)\n"
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
	OPT_OBJECT,
	OPT_DOCTOR,
	OPT_NET,
	OPT_COMM,
	OPT_UNIX_PATH
};

static const struct option long_options[] = {
	{"json", no_argument, NULL, OPT_JSON},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"family", required_argument, NULL, OPT_FAMILY},
	{"duration", required_argument, NULL, OPT_DURATION},
	{"hook", required_argument, NULL, OPT_HOOK},
	{"buffer-pages", required_argument, NULL, OPT_PAGES},
	{"object", required_argument, NULL, OPT_OBJECT},
	{"doctor", no_argument, NULL, OPT_DOCTOR},
	{"net", required_argument, NULL, OPT_NET},
	{"comm", required_argument, NULL, OPT_COMM},
	{"unix-path", required_argument, NULL, OPT_UNIX_PATH},
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

static int parse_duration(const char *text, uint64_t *ns, struct error *err)
{
	char *end;
	double seconds = strtod(text, &end);

	if (*end || end == text || !(seconds > 0) || seconds > 1e9)
		return error_set(err, STATUS_USAGE, "--duration takes a number of seconds above 0, not \"%s\"", text);
	/* Never 0, which would mean for ever. */
	*ns = (uint64_t)(seconds * 1e9) + 1;
	return 0;
}

static int parse_pages(const char *text, unsigned int *pages, struct error *err)
{
	uint64_t value;

	if (parse_count("--buffer-pages", text, PAGES_MAX, &value, err))
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
	if (!strcmp(text, "text"))
		*format = FORMAT_TEXT;
	else if (!strcmp(text, "json"))
		*format = FORMAT_JSON;
	else
		return error_set(err, STATUS_USAGE, "--format takes text or json, not \"%s\"", text);
	return 0;
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

static int parse_one(struct options *options, int opt, struct error *err)
{
	switch (opt) {
	case '4':
		options->filter.families |= 1ULL << family_number("inet");
		return 0;
	case '6':
		options->filter.families |= 1ULL << family_number("inet6");
		return 0;
	case 'x':
		options->filter.families |= 1ULL << family_number("unix");
		return 0;
	case 'a':
		options->filter.any_type = true;
		return 0;
	case 'p':
		return ranges_add(&options->filter.pids, "-p", optarg, UINT32_MAX, err);
	case 'u':
		return ranges_add_users(&options->filter.uids, "-u", optarg, err);
	case 'P':
		return ranges_add(&options->filter.ports, "-P", optarg, UINT16_MAX, err);
	case OPT_NET:
		return prefixes_add(&options->filter.nets, "--net", optarg, err);
	case OPT_COMM:
		return patterns_add(&options->filter.comms, "--comm", optarg, err);
	case OPT_UNIX_PATH:
		return patterns_add(&options->filter.paths, "--unix-path", optarg, err);
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
	case 'v':
		options->verbose = true;
		return 0;
	case 'n':
		return parse_count("-n", optarg, UINT64_MAX / 2, &options->max_events, err);
	case 'o':
		options->output = optarg;
		return 0;
	case OPT_JSON:
		options->format = FORMAT_JSON;
		return 0;
	case OPT_FORMAT:
		return parse_format(optarg, &options->format, err);
	case OPT_FAMILY:
		return parse_family(optarg, &options->filter.families, err);
	case OPT_DURATION:
		return parse_duration(optarg, &options->duration, err);
	case OPT_HOOK:
		return parse_hook(optarg, &options->hook, err);
	case OPT_PAGES:
		return parse_pages(optarg, &options->pages, err);
	case OPT_OBJECT:
		options->object = optarg;
		return 0;
	case OPT_DOCTOR:
		options->action = ACTION_DOCTOR;
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

int options_parse(struct options *options, int argc, char **argv, struct error *err)
{
	const char *last_value = NULL;
	int opt;

	memset(options, 0, sizeof(*options));
	options->header = true;
	opterr = 0;
	optind = 1;
	/* "+": options end where the command begins; ":": a missing value is told from an unknown option. */
	while ((opt = getopt_long(argc, argv, "+:46xatTUHvVhn:o:p:u:P:", long_options, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return explain_unknown(opt, argv, err);
		if (parse_one(options, opt, err))
			return -1;
		last_value = optarg;
	}
	settle_filter(&options->filter);
	if (optind < argc)
		options->command = argv + optind;
	/* In "-o -- curl" the two dashes are a file's name. */
	if (options->command && (strcmp(argv[optind - 1], "--") != 0 || last_value == argv[optind - 1]))
		return error_set(err, STATUS_USAGE, "unexpected word \"%s\"; a command to run comes after --",
				 options->command[0]);
	if (options->command && options->action == ACTION_DOCTOR)
		return error_set(err, STATUS_USAGE, "--doctor traces nothing, so it runs no command");
	return 0;
}

void options_free(struct options *options)
{
	filter_free(&options->filter);
}
