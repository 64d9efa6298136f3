/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The files of apps. wamr-zephyr/src/host/file.rs repeats these declarations. Paths are at most PATH_MAX bytes of wamr-host/src/file/path.rs
 * and have no zero.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <zephyr/fs/fs.h>
#include <zephyr/toolchain.h>

#define ROOT CONFIG_WAMR_ZEPHYR_HOST_FILE_DIRECTORY

BUILD_ASSERT(sizeof(ROOT) <= 33, "CONFIG_WAMR_ZEPHYR_HOST_FILE_DIRECTORY has more than 32 bytes");

/* A path from the root of Zephyr's file systems. */
struct path {
	char text[sizeof(ROOT) + 1 + 98];
};

/* By the numbers of wamr-host. */
static struct fs_file_t files[CONFIG_WAMR_ZEPHYR_HOST_FILE_OPEN];

static const char *full(struct path *path, const char *text, size_t length)
{
	snprintf(path->text, sizeof(path->text), ROOT "/%.*s", (int)length, text);
	return path->text;
}

static int make_directory(const char *path)
{
	int err = fs_mkdir(path);

	return err == -EEXIST ? 0 : err;
}

/* In the order of `Mode` in Rust. */
static const fs_mode_t modes[] = {FS_O_READ, FS_O_RDWR | FS_O_CREATE, FS_O_RDWR | FS_O_CREATE | FS_O_TRUNC};

/* `directory` is the part of the path that is one. */
int wamr_file_open(uint32_t number, const char *text, size_t directory, size_t length, uint8_t mode)
{
	struct path path;
	int err = 0;

	if (modes[mode] & FS_O_CREATE) {
		/* A mount point cannot be made. The next step shows whether it is one. */
		(void)make_directory(ROOT);
		err = make_directory(full(&path, text, directory));
	}
	fs_file_t_init(&files[number]);
	return err != 0 ? err : fs_open(&files[number], full(&path, text, length), modes[mode]);
}

int wamr_file_read(uint32_t number, uint32_t offset, void *bytes, size_t length)
{
	int err = fs_seek(&files[number], offset, FS_SEEK_SET);
	ssize_t count;

	if (err != 0) {
		return err;
	}
	count = fs_read(&files[number], bytes, length);
	return count < 0 ? count : (size_t)count == length ? 0 : -EIO;
}

int wamr_file_write(uint32_t number, uint32_t offset, const void *bytes, size_t length)
{
	int err = fs_seek(&files[number], offset, FS_SEEK_SET);
	ssize_t count;

	if (err != 0) {
		return err;
	}
	count = fs_write(&files[number], bytes, length);
	return count < 0 ? count : (size_t)count == length ? 0 : -ENOSPC;
}

int wamr_file_sync(uint32_t number)
{
	return fs_sync(&files[number]);
}

int wamr_file_close(uint32_t number)
{
	return fs_close(&files[number]);
}

/* Called for each entry of a directory, until it returns false. */
typedef bool (*visit_t)(void *context, const char *name, size_t length, uint32_t size);

static int each(const char *path, enum fs_dir_entry_type type, visit_t visit, void *context)
{
	struct fs_dir_t directory;
	struct fs_dirent entry;
	int err;

	fs_dir_t_init(&directory);
	err = fs_opendir(&directory, path);
	if (err != 0) {
		return err == -ENOENT ? 0 : err;
	}
	while ((err = fs_readdir(&directory, &entry)) == 0 && entry.name[0] != '\0') {
		if (entry.type == type && !visit(context, entry.name, strlen(entry.name), entry.size)) {
			break;
		}
	}
	fs_closedir(&directory);
	return err;
}

/* Visits the files of a directory, which may not exist. */
int wamr_file_list(const char *directory, size_t length, visit_t visit, void *context)
{
	struct path path;

	return each(full(&path, directory, length), FS_DIR_ENTRY_FILE, visit, context);
}

int wamr_file_remove(const char *text, size_t length)
{
	struct path path;

	return fs_unlink(full(&path, text, length));
}

int wamr_file_rename(const char *from, size_t from_length, const char *to, size_t to_length)
{
	struct path old, new;

	return fs_rename(full(&old, from, from_length), full(&new, to, to_length));
}

/* What to look for, and the first that was found. */
struct search {
	const char *prefix;
	size_t length;
	/* Empty: nothing. */
	char found[98 + 1];
};

static bool search(void *context, const char *name, size_t length, uint32_t size)
{
	struct search *search = context;

	if (length >= sizeof(search->found) || strncmp(name, search->prefix, search->length) != 0) {
		return true;
	}
	strcpy(search->found, name);
	return false;
}

/* Removes all files of a directory, and the directory. Not while it is listed, which not every file system permits. */
static int remove_directory(const char *name)
{
	struct search file = {.prefix = ""};
	struct path path;
	size_t length = strlen(full(&path, name, strlen(name)));
	int err;

	do {
		path.text[length] = '\0';
		file.found[0] = '\0';
		err = each(path.text, FS_DIR_ENTRY_FILE, search, &file);
		if (err == 0 && file.found[0] != '\0') {
			size_t rest = sizeof(path.text) - length;

			/* Names of apps' files have room. */
			err = snprintf(&path.text[length], rest, "/%s", file.found) < rest ? fs_unlink(path.text) : -EIO;
		}
	} while (err == 0 && file.found[0] != '\0');
	return err != 0 ? err : fs_unlink(path.text);
}

/* Removes all directories whose names begin with the prefix, and their files. */
int wamr_file_clear(const char *prefix, size_t length)
{
	struct search directory = {.prefix = prefix, .length = length};
	int err;

	do {
		directory.found[0] = '\0';
		err = each(ROOT, FS_DIR_ENTRY_DIR, search, &directory);
		if (err == 0 && directory.found[0] != '\0') {
			err = remove_directory(directory.found);
		}
	} while (err == 0 && directory.found[0] != '\0');
	return err;
}
