# SPDX-License-Identifier: Apache-2.0
# Shared by scripts/demo, scripts/test and scripts/bench: what must be installed, and building. To be
# sourced with $root set to the top of the tree.
# shellcheck shell=bash disable=SC2034,SC2154

packages_build=(gcc libc6-dev meson ninja-build pkg-config libuv1-dev libsodium-dev libinih-dev
	libmnl-dev libcjson-dev check)
packages_gate=(clang libbpf-dev) # optional for the program; whatever is built here has the gate
packages_lab=(python3 iproute2 nftables procps)
packages_test=(python3-pytest mandoc binutils spin tmux openipmi ipmitool
	gcc-mingw-w64-x86-64)
packages_containers=(debootstrap systemd-container dpkg-dev)
packages_machines=(qemu-system-x86 cpio)

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "$0: $*"
	exit 2
}

# Whether this run may install: --yes, CI, or a person who answers.
may_install() {
	[ "${yes:-}" = 1 ] && return 0
	[ "${CI:-}" = true ] && return 0
	[ -t 0 ] && [ -t 2 ] || return 1
	printf 'Install them now? [y/N] ' >&2
	local answer
	read -r answer
	case $answer in y | Y | yes) return 0 ;; *) return 1 ;; esac
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

is_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_packages() {
	local -a get=(apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
	as_root env DEBIAN_FRONTEND=noninteractive "${get[@]}" update -qq &&
		as_root env DEBIAN_FRONTEND=noninteractive "${get[@]}" install -y -qq \
			--no-install-recommends "$@" >/dev/null
}

# Installs those of the given packages that are missing; says so first.
need_packages() {
	local -a missing=()
	local package
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		say "This is neither Debian nor Ubuntu: nothing is installed. Needed are what these packages"
		say "of theirs contain: $*"
		return 0
	fi
	for package in "$@"; do
		is_installed "$package" || missing+=("$package")
	done
	[ ${#missing[@]} -eq 0 ] && return 0
	say "Missing packages, to be installed with apt-get: ${missing[*]}"
	may_install || die "packages are missing; run again with --yes to install them"
	install_packages "${missing[@]}" || die "apt-get could not install: ${missing[*]}"
}

# The runtime of clang's sanitizers and fuzzer has the version in its name.
need_clang_runtime() {
	local version package
	version=$(clang -dumpversion 2>/dev/null | cut -d. -f1)
	[ -n "$version" ] || return 0
	package=libclang-rt-$version-dev
	! apt-cache show "$package" >/dev/null 2>&1 || need_packages "$package"
}

# The agent for IPMI has a package of its own in newer systems.
need_fence_agent() {
	local package
	for package in fence-agents-ipmilan fence-agents; do
		if apt-cache show "$package" >/dev/null 2>&1; then
			need_packages "$package"
			return
		fi
	done
}

# What meson takes where it is there. A build directory remembers what it was configured with.
optional_dependencies() {
	printf 'clang %s\n' "$(command -v clang)"
	printf 'libbpf %s\n' "$(pkg-config --modversion libbpf 2>/dev/null)"
}

# configure DIRECTORY OPTION...: once, and again when an optional dependency has come or gone.
configure() {
	local directory=$1 known=$1/optional-dependencies
	shift
	if [ ! -f "$directory/build.ninja" ]; then
		meson setup "$directory" "$root" --werror "$@" || return
	elif [ "$(optional_dependencies)" != "$(cat "$known" 2>/dev/null)" ]; then
		meson setup --reconfigure "$directory" "$root" || return
	fi
	optional_dependencies >"$known"
}

# build DIRECTORY OPTION...: configures, then brings it up to date. Quiet unless it fails.
build() {
	local log
	log=$(mktemp)
	if ! { configure "$@" && ninja -C "$1"; } >"$log" 2>&1; then
		tail -n 60 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}
