#!/bin/sh
# What cocal needs to be built: a C compiler, pkg-config, GDAL's development files (3.6 or newer) and Rust.
# System packages that are missing are installed; a missing or old Rust gets a clear message. Says nothing when all is there.
set -eu

rust_needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$(dirname "$0")/../Cargo.toml")
gdal_needed=3.6

# at_least A B: version A is B or newer.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

stop() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1; then sudo "$@"
    else stop "root is needed for: $* (there is no sudo); run it as root and try again"
    fi
}

install_packages() {
    if command -v apt-get >/dev/null 2>&1; then
        echo "setup: installing libgdal-dev, pkg-config and a C compiler with apt-get" >&2
        as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libgdal-dev pkg-config build-essential >/dev/null
    elif command -v dnf >/dev/null 2>&1; then
        echo "setup: installing gdal-devel, pkg-config and a C compiler with dnf" >&2
        as_root dnf install -y -q gdal-devel pkgconf-pkg-config gcc gcc-c++
    elif command -v brew >/dev/null 2>&1; then
        echo "setup: installing gdal and pkg-config with Homebrew" >&2
        brew install --quiet gdal pkgconf
    else
        stop "no apt-get, dnf or brew here: install GDAL $gdal_needed or newer with its development files, pkg-config and a C compiler"
    fi
}

command -v pkg-config >/dev/null 2>&1 && command -v cc >/dev/null 2>&1 && pkg-config --exists gdal || install_packages
pkg-config --exists gdal || stop "pkg-config does not find gdal even now; set PKG_CONFIG_PATH to the folder of gdal.pc"
gdal=$(pkg-config --modversion gdal)
at_least "$gdal" "$gdal_needed" || stop "GDAL $gdal is too old: $gdal_needed or newer is needed (or build with: cargo build --release --features bundled)"

# rustup installs here and a shell that is already open does not know it.
[ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
command -v cargo >/dev/null 2>&1 || stop "Rust is missing: install it from https://rustup.rs and try again (Rust $rust_needed or newer)"
rust=$(rustc --version | cut -d' ' -f2)
at_least "$rust" "$rust_needed" || stop "Rust $rust is too old: $rust_needed or newer is needed; run: rustup update stable"
