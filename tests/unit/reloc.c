// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/object/reloc.c: what lands in the instructions, and every relocation that is refused. */
#include "test.h"

#include "image.h"
#include "model.h"
#include "object/private.h"
#include "sys.h"

#define CONNECT "kprobe/connect"

static struct image image;
static struct object *object;
static struct bpf_insn relocated[OBJECT_INSNS_MAX];

static int start(void **state)
{
	(void)state;
	model_boot(&model_6_12);
	image = image_read();
	object = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	object_close(object);
	image_free(&image);
	assert_int_equal(model_leaks(), 0);
	return 0;
}

static void open_object(void)
{
	struct error err;

	assert_int_equal(object_open(&object, image.bytes, image.size, IMAGE_NAME, &err), 0);
	image_prepare(object);
	assert_int_equal(object_create_maps(object, &image_kernel, &err), 0);
	image_set_constants(object);
}

static void load(const char *section, int type, const struct object_kernel *kernel)
{
	struct error err = {0};
	int fd = object_load_program(object, section, type, kernel, &err);

	if (fd < 0)
		print_error("%s\n", err.text);
	assert_true(fd >= MODEL_FIRST_FD);
	sys_close(fd);
}

/* Before anything is taken out of them. */
static void relocate(const char *section)
{
	struct error err = {0};
	Elf64_Shdr header;
	Elf_Data *data;
	Elf_Scn *scn = object_section(object, section, &header, &data);

	assert_non_null(scn);
	assert_true(data->d_size <= sizeof(relocated));
	memcpy(relocated, data->d_buf, data->d_size);
	assert_int_equal(
		object_relocate(object, elf_ndxscn(scn), section, relocated, data->d_size / sizeof(*relocated), &err),
		0);
}

/* The instruction in the relocated program which a relocation against this symbol filled in. */
static const struct bpf_insn *filled(const char *section, const char *symbol)
{
	return &relocated[image_relocation(&image, section, symbol)->r_offset / sizeof(struct bpf_insn)];
}

static void assert_refused(const char *words)
{
	struct error err;

	assert_int_equal(image_use(&image, &err), -1);
	assert_sentence(&err, STATUS_USAGE, words);
	assert_non_null(strstr(err.text, IMAGE_NAME));
	assert_non_null(strstr(err.text, "kprobe/"));
}

static void test_constants_fill_both_halves(void **state)
{
	const struct bpf_insn *insn;
	struct error err;

	(void)state;
	open_object();
	relocate("kprobe/learn");
	insn = filled("kprobe/learn", "NONCE");
	assert_int_equal((uint32_t)insn[0].imm, 0x55667788);
	assert_int_equal((uint32_t)insn[1].imm, 0x11223344);
	assert_int_equal(insn->src_reg, 0);
	/* A later value is for later loads, and one symbol is not another. */
	object_set_constant(object, "NONCE", UINT64_MAX, &err);
	relocate("kprobe/learn");
	insn = filled("kprobe/learn", "NONCE");
	assert_int_equal((uint32_t)insn[0].imm, 0xffffffff);
	assert_int_equal((uint32_t)insn[1].imm, 0xffffffff);
	relocate(CONNECT);
	assert_int_equal(filled(CONNECT, "STACK_SIZE")[0].imm, 16384);
	assert_int_equal(filled(CONNECT, "STACK_SIZE")[1].imm, 0);
	assert_int_equal(filled(CONNECT, "REGS_FROM_TOP")[0].imm, 168);
}

static void test_maps_become_descriptors(void **state)
{
	static const char *const names[] = {"rings", "bells", "counters", "control"};

	(void)state;
	open_object();
	relocate(CONNECT);
	for (size_t i = 0; i < 4; i++) {
		const struct bpf_insn *insn = filled(CONNECT, names[i]);

		assert_int_equal(insn[0].src_reg, BPF_PSEUDO_MAP_FD);
		assert_int_equal(insn[0].imm, object_map_fd(object, names[i]));
		assert_int_equal(insn[1].imm, 0);
	}
}

/* clang before 10 and with static maps: the section's symbol, and the offset in the instruction. */
static void test_map_by_section_symbol(void **state)
{
	Elf64_Rel *rel = image_relocation(&image, CONNECT, "counters");
	struct bpf_insn *insns = image_data(&image, CONNECT);
	Elf64_Sym *spare = (Elf64_Sym *)image_data(&image, ".symtab") + 2; /* a label, of which nobody asks */
	int offset = (int)image_symbol(&image, "counters")->st_value;

	(void)state;
	spare->st_info = ELF64_ST_INFO(STB_LOCAL, STT_SECTION);
	spare->st_shndx = (Elf64_Section)image_section_index(&image, "maps");
	spare->st_value = 0;
	rel->r_info = ELF64_R_INFO(2, 1);
	insns[rel->r_offset / 8].imm = offset;
	open_object();
	relocate(CONNECT);
	assert_int_equal(relocated[rel->r_offset / 8].imm, object_map_fd(object, "counters"));
}

/* The helpers that a program calls, in the order they stand in it. */
static int calls(const struct bpf_insn *insns, size_t count, int32_t helpers[OBJECT_INSNS_MAX])
{
	int found = 0;

	for (size_t i = 0; i < count; i++) {
		if (insns[i].code == (BPF_JMP | BPF_CALL))
			helpers[found++] = insns[i].imm;
	}
	return found;
}

/* Before 5.5 both kinds of read are helper 4, and other helpers stay. */
static void test_helpers(void **state)
{
	static const struct object_kernel old = {.version = 0, .names = true};
	static int32_t wanted[OBJECT_INSNS_MAX], found[OBJECT_INSNS_MAX];
	int count, reads = 0;

	(void)state;
	open_object();
	load(CONNECT, BPF_PROG_TYPE_KPROBE, &image_kernel);
	count = calls(model.last_insns, model.last_count, wanted);
	load(CONNECT, BPF_PROG_TYPE_KPROBE, &old);
	for (int i = 0; i < count; i++) {
		if (wanted[i] == 112 || wanted[i] == 113) {
			wanted[i] = 4;
			reads++;
		}
	}
	assert_int_equal(calls(model.last_insns, model.last_count, found), count);
	assert_memory_equal(found, wanted, (size_t)count * sizeof(found[0]));
	assert_true(reads > 2 && count - reads > 4);
}

static void test_unknown_constant(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(object_open(&object, image.bytes, image.size, IMAGE_NAME, &err), 0);
	image_prepare(object);
	assert_int_equal(object_create_maps(object, &image_kernel, &err), 0);
	assert_int_equal(object_load_program(object, "kprobe/learn", BPF_PROG_TYPE_KPROBE, &image_kernel, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "\"NONCE\", which is neither a map nor a constant");
	assert_non_null(strstr(err.text, IMAGE_NAME ": kprobe/learn, instruction "));
}

static void test_map_before_creation(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(object_open(&object, image.bytes, image.size, IMAGE_NAME, &err), 0);
	image_prepare(object);
	image_set_constants(object);
	assert_int_equal(object_load_program(object, CONNECT, BPF_PROG_TYPE_KPROBE, &image_kernel, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "uses a map that was not created");
}

static void test_symbol_out_of_range(void **state)
{
	Elf64_Rel *rel = image_relocation(&image, CONNECT, "rings");
	size_t count = image_section(&image, ".symtab")->sh_size / sizeof(Elf64_Sym);

	(void)state;
	rel->r_info = ELF64_R_INFO(count, 1);
	assert_refused("points outside");
	rel->r_info = ELF64_R_INFO(0xffffffff, 1);
	assert_refused("points outside");
	rel->r_info = ELF64_R_INFO(0, 1); /* the first symbol is nothing, so a constant without a name */
	assert_refused("neither a map nor a constant");
}

static void test_offset_out_of_range(void **state)
{
	Elf64_Rel *rel = image_relocation(&image, CONNECT, "rings");
	uint64_t size = image_section(&image, CONNECT)->sh_size;

	(void)state;
	rel->r_offset = size;
	assert_refused("points outside");
	rel->r_offset = UINT64_MAX - 7;
	assert_refused("points outside");
	rel->r_offset = 12;
	assert_refused("points outside");
	rel->r_offset = 0;
	assert_refused("is not supported");
}

/* The last instruction has no second half: it must not be written behind the block. */
static void test_immediate_at_the_end(void **state)
{
	Elf64_Shdr *section = image_section(&image, CONNECT);
	struct bpf_insn *insns = image_data(&image, CONNECT);
	size_t last = section->sh_size / sizeof(*insns) - 1;

	(void)state;
	insns[last] = (struct bpf_insn){.code = BPF_LD | BPF_IMM | BPF_DW};
	image_relocation(&image, CONNECT, "STACK_SIZE")->r_offset = last * sizeof(*insns);
	assert_refused("is not supported");
}

static void test_type(void **state)
{
	Elf64_Rel *rel = image_relocation(&image, CONNECT, "rings");
	unsigned int symbol = image_symbol_index(&image, "rings");

	(void)state;
	rel->r_info = ELF64_R_INFO(symbol, 77);
	assert_refused("relocation type 77 against \"rings\" is not supported");
	rel->r_info = ELF64_R_INFO(symbol, 2); /* R_BPF_64_ABS64, of data */
	assert_refused("relocation type 2");
	rel->r_info = ELF64_R_INFO(symbol, 10);
	assert_refused("must be inlined");
}

static void test_data(void **state)
{
	(void)state;
	image_symbol(&image, "rings")->st_shndx = (Elf64_Section)image_section_index(&image, "license");
	assert_refused("a global variable");
	image_symbol(&image, "rings")->st_shndx = 4000; /* there is no such section */
	assert_refused("a global variable");
	image_symbol(&image, "rings")->st_shndx = SHN_ABS;
	assert_refused("a global variable");
}

static void test_between_maps(void **state)
{
	struct bpf_insn *insns = image_data(&image, CONNECT);

	(void)state;
	insns[image_relocation(&image, CONNECT, "rings")->r_offset / 8].imm = 4;
	assert_refused("where no map begins");
	insns[image_relocation(&image, CONNECT, "rings")->r_offset / 8].imm = -4;
	assert_refused("where no map begins");
}

static void test_rela(void **state)
{
	(void)state;
	image_section(&image, ".relkprobe/connect")->sh_type = SHT_RELA;
	assert_refused("BPF objects have SHT_REL");
}

static void test_unreadable(void **state)
{
	(void)state;
	image_section(&image, ".relkprobe/connect")->sh_offset = image.size + 4096;
	assert_refused("can't be read");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_constants_fill_both_halves),
	TEST(test_maps_become_descriptors),
	TEST(test_map_by_section_symbol),
	TEST(test_helpers),
	TEST(test_unknown_constant),
	TEST(test_map_before_creation),
	TEST(test_symbol_out_of_range),
	TEST(test_offset_out_of_range),
	TEST(test_immediate_at_the_end),
	TEST(test_type),
	TEST(test_data),
	TEST(test_between_maps),
	TEST(test_rela),
	TEST(test_unreadable),
};

RUN(tests)
