#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A fence agent for tests: asks for a machine to be switched off by a file in the directory `place`,
# and waits for the one that says it was. The file `mode` there makes it fail, or lie.
set -u

while IFS='=' read -r name value; do
	case $name in
	place) place=$value ;;
	plug) plug=$value ;;
	action) action=$value ;;
	esac
done
mode=$(cat "$place/mode" 2>/dev/null)
echo "$action $plug $mode" >>"$place/journal"
case $mode in
fail)
	echo "cannot log in to the controller of $plug" >&2
	exit 1
	;;
lie)
	[ "$action" = off ] && exit 0
	exit 2
	;;
esac
if [ "$action" = status ]; then
	[ -e "$place/$plug.off" ] && exit 2
	exit 0
fi
: >"$place/$plug.asked"
while [ ! -e "$place/$plug.off" ]; do
	sleep 0.02
done
exit 0
