/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory that outlives the worker: what of it is believed after which kind of damage.
 */
#include "daemon/guard/shared_memory.h"

#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/daemon/shared_memory_fixture.h"

static struct kept sample(uint32_t incarnation, uint8_t roles)
{
	struct kept kept;
	memset(&kept, 0, sizeof kept);
	kept.incarnation = incarnation;
	kept.peer_count = 2;
	kept.peers[1].member = 77;
	kept.role_count = roles;
	for (uint8_t r = 0; r < roles; r++) {
		kept.roles[r].role = 100 + r;
		kept.roles[r].granted = incarnation;
		kept.roles[r].lease_end = (struct instant){incarnation * 10};
	}
	return kept;
}

static uint32_t kept_incarnation(const struct shared_memory *memory)
{
	struct kept kept;
	return shared_memory_kept(memory, &kept) ? kept.incarnation : 0;
}

static struct memory_slot *newest(struct shared_memory *memory)
{
	return memory->slots[0].generation > memory->slots[1].generation ? &memory->slots[0]
	                                                                 : &memory->slots[1];
}

START_TEST(a_memory_that_was_never_written_holds_nothing)
{
	struct bench bench = bench_open();
	struct kept kept;
	ck_assert(!shared_memory_kept(bench.memory, &kept));
	ck_assert(!ledger_is_used(bench.memory));
	bench_close(&bench);
}
END_TEST

START_TEST(what_is_kept_comes_back_with_any_number_of_roles)
{
	const uint8_t counts[] = {0, 1, ROLES_MAX, 3};
	struct bench bench = bench_open();
	for (uint32_t i = 0; i < sizeof counts; i++) {
		struct kept written = sample(i + 1, counts[i]), read;
		shared_memory_keep(bench.memory, &written);
		ck_assert(!bench_reopen(&bench));
		ck_assert(shared_memory_kept(bench.memory, &read));
		ck_assert_uint_eq(read.role_count, counts[i]);
		ck_assert_mem_eq(&read, &written, offsetof(struct kept, roles));
		ck_assert_mem_eq(read.roles, written.roles, counts[i] * sizeof read.roles[0]);
	}
	bench_close(&bench);
}
END_TEST

START_TEST(the_file_is_for_its_owner_only)
{
	struct bench bench = bench_open();
	struct stat info;
	ck_assert_int_eq(stat(bench.path, &info), 0);
	ck_assert_uint_eq(info.st_mode & 07777, 0600);
	bench_close(&bench);
}
END_TEST

/* Each byte that is believed, in the newest slot, one at a time. */
START_TEST(damage_of_any_byte_of_the_newest_leaves_the_older_one)
{
	const size_t used = offsetof(struct kept, roles) + 2 * sizeof(struct kept_role);
	struct bench bench = bench_open();
	struct kept first = sample(1, 2), second = sample(2, 2);
	shared_memory_keep(bench.memory, &first);
	shared_memory_keep(bench.memory, &second);
	uint8_t *bytes = (uint8_t *)newest(bench.memory);
	for (size_t i = 0; i < offsetof(struct memory_slot, kept) + used; i++) {
		bytes[i] ^= 0x40;
		ck_assert_msg(kept_incarnation(bench.memory) == 1, "byte %zu", i);
		bytes[i] ^= 0x40;
	}
	ck_assert_uint_eq(kept_incarnation(bench.memory), 2);
	bench_close(&bench);
}
END_TEST

/* A worker that dies in the middle of a write has written the first so many bytes. */
START_TEST(a_write_torn_at_any_byte_leaves_the_last_whole_one)
{
	struct bench bench = bench_open();
	struct memory_slot before, after;
	for (uint32_t i = 1; i <= 3; i++) {
		struct kept kept = sample(i, 3);
		shared_memory_keep(bench.memory, &kept);
	}
	struct memory_slot *target = bench.memory->slots[0].generation == 2
	                                 ? &bench.memory->slots[0]
	                                 : &bench.memory->slots[1];
	struct kept fourth = sample(4, 3);
	before = *target;
	shared_memory_keep(bench.memory, &fourth);
	after = *target;
	ck_assert_uint_eq(after.generation, 4);
	size_t end = offsetof(struct memory_slot, kept.roles) + 3 * sizeof(struct kept_role);
	for (size_t torn = sizeof before.generation; torn <= end; torn++) {
		*target = before;
		memcpy(target, &after, torn);
		target->generation = 0;
		ck_assert_uint_eq(kept_incarnation(bench.memory), 3);
	}
	*target = after;
	ck_assert_uint_eq(kept_incarnation(bench.memory), 4);
	bench_close(&bench);
}
END_TEST

START_TEST(a_damaged_generation_does_not_make_a_worker_write_over_the_whole_one)
{
	struct bench bench = bench_open();
	const struct memory_owner owner = {1, 2};
	shared_memory_claim(bench.memory, owner);
	for (uint32_t i = 1; i <= 2; i++) {
		struct kept kept = sample(i, 1);
		shared_memory_keep(bench.memory, &kept);
	}
	newest(bench.memory)->generation = UINT64_MAX;
	ck_assert_uint_eq(kept_incarnation(bench.memory), 1);
	shared_memory_claim(bench.memory, owner); /* the next worker */
	const struct memory_slot whole = *newest(bench.memory);
	struct kept third = sample(3, 1);
	shared_memory_keep(bench.memory, &third);
	ck_assert_uint_eq(kept_incarnation(bench.memory), 3);
	/* And the one that was whole is still there, should this one be torn. */
	newest(bench.memory)->checksum[0] ^= 1;
	ck_assert_uint_eq(kept_incarnation(bench.memory), 1);
	ck_assert_uint_eq(whole.generation, 1);
	bench_close(&bench);
}
END_TEST

static void damage(const struct bench *bench, size_t offset)
{
	uint8_t byte;
	int fd = open(bench->path, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(pread(fd, &byte, 1, (off_t)offset), 1);
	byte ^= 1;
	ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)offset), 1);
	close(fd);
}

static const size_t stamps[] = {
    offsetof(struct shared_memory, magic),
    offsetof(struct shared_memory, layout),     /* version */
    offsetof(struct shared_memory, layout) + 2, /* size */
    offsetof(struct shared_memory, boot),
    offsetof(struct shared_memory, boot) + 15,
};

START_TEST(another_magic_layout_size_or_boot_is_not_believed)
{
	struct bench bench = bench_open();
	struct kept kept = sample(1, 1);
	shared_memory_keep(bench.memory, &kept);
	damage(&bench, stamps[_i]);
	ck_assert(bench_reopen(&bench));
	ck_assert_uint_eq(kept_incarnation(bench.memory), 0);
	ck_assert(!bench_reopen(&bench));
	bench_close(&bench);
}
END_TEST

static void replace_content(const struct bench *bench, size_t length)
{
	int fd = open(bench->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (size_t i = 0; i < length; i++)
		ck_assert_int_eq(write(fd, &(uint8_t){(uint8_t)(i * 7)}, 1), 1);
	close(fd);
}

START_TEST(a_file_of_garbage_of_any_length_is_made_anew)
{
	const size_t lengths[] = {0, 1, 100, sizeof(struct shared_memory) + 1000};
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct bench bench = bench_make();
		struct stat info;
		replace_content(&bench, lengths[i]);
		ck_assert(bench_map(&bench));
		ck_assert_uint_eq(kept_incarnation(bench.memory), 0);
		ck_assert(!ledger_is_used(bench.memory));
		ck_assert_int_eq(stat(bench.path, &info), 0);
		ck_assert_int_eq(info.st_size, (off_t)sizeof(struct shared_memory));
		bench_close(&bench);
	}
}
END_TEST

/* A worker of an older program may still run when its guard's successor has another layout. */
/* What is left may hold the older of the two, from before the last promise. */
START_TEST(a_file_that_was_cut_is_not_believed)
{
	struct bench bench = bench_open();
	struct kept kept = sample(1, 1);
	shared_memory_keep(bench.memory, &kept);
	shared_memory_keep(bench.memory, &kept);
	shared_memory_close(bench.memory);
	ck_assert_int_eq(truncate(bench.path, (off_t)sizeof(struct shared_memory) - 1 - _i * 40000),
	                 0);
	ck_assert(bench_map(&bench));
	ck_assert_uint_eq(kept_incarnation(bench.memory), 0);
	bench_close(&bench);
}
END_TEST

START_TEST(the_worker_of_another_layout_is_known_and_cannot_write_here)
{
	struct bench bench = bench_open();
	struct shared_memory *old = bench.memory;
	struct kept kept = sample(9, 1);
	atomic_store(&old->worker_pid, 4711);
	atomic_store(&old->worker_started, 12);
	old->layout++;
	ck_assert(bench_map(&bench));
	ck_assert_int_eq(atomic_load(&bench.memory->worker_pid), 4711);
	ck_assert_uint_eq(atomic_load(&bench.memory->worker_started), 12);
	shared_memory_keep(old, &kept);
	ck_assert_uint_eq(kept_incarnation(bench.memory), 0);
	shared_memory_close(old);
	bench.memory->boot.bytes[3] ^= 1; /* a worker of another boot is not there any more */
	ck_assert(bench_reopen(&bench));
	ck_assert_int_eq(atomic_load(&bench.memory->worker_pid), 0);
	bench_close(&bench);
}
END_TEST

START_TEST(another_owner_forgets_what_is_kept_and_not_what_is_up)
{
	struct bench bench = bench_open();
	struct ledger_entry entry = {.kind = LEDGER_ADDRESS, .role = 1, .resource = "ip"};
	struct kept kept = sample(1, 1);
	shared_memory_claim(bench.memory, (struct memory_owner){1, 2});
	shared_memory_keep(bench.memory, &kept);
	shared_memory_keep(bench.memory, &kept);
	ck_assert(ledger_add(bench.memory, &entry));
	shared_memory_claim(bench.memory, (struct memory_owner){1, 2});
	ck_assert_uint_eq(kept_incarnation(bench.memory), 1);
	shared_memory_claim(bench.memory, (struct memory_owner){1, 3});
	ck_assert_uint_eq(kept_incarnation(bench.memory), 0);
	ck_assert(ledger_is_used(bench.memory));
	bench_close(&bench);
}
END_TEST

static void expect_refusal(const struct bench *bench, const char *text)
{
	struct shared_memory *memory = NULL;
	struct error error = {0};
	bool fresh;
	ck_assert_int_ne(shared_memory_open(&memory, bench->directory, &fresh, &error), CODE_OK);
	ck_assert_ptr_null(memory);
	ck_assert_ptr_nonnull(strstr(error.text, bench->directory));
	ck_assert_msg(strstr(error.text, text) != NULL, "%s", error.text);
}

START_TEST(a_link_in_its_place_is_refused_and_not_followed)
{
	struct bench bench = bench_make();
	char target[BENCH_PATH_BYTES + 8];
	snprintf(target, sizeof target, "%s/other", bench.directory);
	ck_assert_int_eq(symlink(target, bench.path), 0);
	expect_refusal(&bench, "symbolic link");
	ck_assert_int_ne(access(target, F_OK), 0);
	unlink(bench.path);
	ck_assert_int_eq(mkfifo(bench.path, 0600), 0);
	expect_refusal(&bench, "not a file");
	unlink(bench.path);
	rmdir(bench.directory);
}
END_TEST

START_TEST(a_full_file_system_is_told_at_once)
{
	struct bench bench = bench_make();
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("full", bench.directory, "tmpfs", 0, "size=8k") != 0) {
		printf("test_memory: skipped: a_full_file_system_is_told_at_once: no mounts\n");
		rmdir(bench.directory);
		return;
	}
	expect_refusal(&bench, "No space left");
	umount(bench.directory);
	rmdir(bench.directory);
}
END_TEST

static TCase *damage_case(void)
{
	TCase *damaged = tcase_create("damage");
	tcase_add_test(damaged, a_memory_that_was_never_written_holds_nothing);
	tcase_add_test(damaged, what_is_kept_comes_back_with_any_number_of_roles);
	tcase_add_test(damaged, the_file_is_for_its_owner_only);
	tcase_add_test(damaged, damage_of_any_byte_of_the_newest_leaves_the_older_one);
	tcase_add_test(damaged, a_write_torn_at_any_byte_leaves_the_last_whole_one);
	tcase_add_test(damaged,
	               a_damaged_generation_does_not_make_a_worker_write_over_the_whole_one);
	tcase_add_loop_test(damaged, another_magic_layout_size_or_boot_is_not_believed, 0,
	                    sizeof stamps / sizeof stamps[0]);
	tcase_add_test(damaged, a_file_of_garbage_of_any_length_is_made_anew);
	tcase_add_loop_test(damaged, a_file_that_was_cut_is_not_believed, 0, 3);
	tcase_add_test(damaged, the_worker_of_another_layout_is_known_and_cannot_write_here);
	tcase_add_test(damaged, another_owner_forgets_what_is_kept_and_not_what_is_up);
	tcase_add_test(damaged, a_link_in_its_place_is_refused_and_not_followed);
	tcase_add_test(damaged, a_full_file_system_is_told_at_once);
	return damaged;
}

int main(void)
{
	Suite *suite = suite_create("memory");
	suite_add_tcase(suite, damage_case());
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
