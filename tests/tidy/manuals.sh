#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every manual page in a directory is clean under mandoc's lint. Skipped without mandoc.
command -v mandoc >/dev/null || { echo "skipped: no mandoc"; exit 77; }
status=0
for page in "$1"/*.[1-9]; do
	mandoc -T lint -W warning "$page" || status=1
	# An item that begins with the name of a macro is not printed as it is written.
	if grep -nE '^\.It (No|An|Ad|As|At|In|Is|On|Or|Of|Po|So|Do|To) ' "$page"; then
		echo "$page: write \\&No, \\&An, ... at the start of an item"
		status=1
	fi
done
exit $status
