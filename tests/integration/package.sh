#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Packages and units: what is in the package, and does systemd take the units? Installing it needs root and a machine to
# spare: docs/operations.md says how.
. "$(dirname "$0")/lib.sh"

units=(quantokid quantoki-seed)

# ---- the Debian package ----

a_package_is_made() {
    "$source_root/packaging/package" "$build" "$work/out" && deb=$(echo "$work"/out/quantoki_*.deb) &&
        dpkg-deb -x "$deb" "$work/root" && dpkg-deb -e "$deb" "$work/control"
}

has() { # mode, path
    [ "$(stat -c %a "$work/root$2")" = "$1" ] || { echo "$2: $(stat -c %a "$work/root$2")"; return 1; }
}

it_holds_what_it_should() {
    local name
    for name in quantokid quantoki quantoki-seed; do has 755 "/usr/bin/$name" || return; done
    has 755 /usr/lib/pkcs11/libquantoki.so && has 755 /usr/lib/pkcs11/libquantoki-entropy.so &&
        has 644 /usr/include/quantoki/pkcs11.h && has 640 /etc/quantoki/seed.yaml && has 700 /var/lib/quantoki || return
    if command -v scdoc >/dev/null; then has 644 /usr/share/man/man8/quantoki-seed.8.gz || return; fi
    cmp "$work/root/etc/quantoki/seed.yaml" "$source_root/packaging/seed.yaml" &&
        [ "$(cat "$work/control/conffiles")" = /etc/quantoki/seed.yaml ] &&
        says '^Depends: .*libssl3.*adduser' "$(cat "$work/control/control")"
}

all_belongs_to_root() {
    ! dpkg-deb -c "$deb" | awk '{ print $2 }' | grep -v '^root/root$'
}

its_scripts_are_shell() {
    local script
    for script in postinst prerm postrm; do sh -n "$work/control/$script" && [ -x "$work/control/$script" ] || return; done
}

its_programs_run() {
    local name version
    version=$(sed -n 's/^Version: //p' "$work/control/control")
    for name in quantokid quantoki quantoki-seed; do
        [ "$("$work/root/usr/bin/$name" --version)" = "$name $version" ] || return
    done
    timeout 60 pkcs11-tool --module "$work/root/usr/lib/pkcs11/libquantoki.so" --show-info
}

its_units_name_its_programs() {
    local unit program
    for unit in "${units[@]}"; do
        program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$work/root/usr/lib/systemd/system/$unit.service")
        has 755 "$program" || return
    done
    ! grep -r /usr/local "$work/root/usr/lib/systemd"
}

its_units_wait_for_their_configuration() {
    local unit config
    for unit in "${units[@]}"; do
        config=$(sed -n 's/^ExecStart=.*--config \([^ ]*\).*/\1/p' "$work/root/usr/lib/systemd/system/$unit.service")
        grep -Ex "(Condition|Assert)PathExists=$config" "$work/root/usr/lib/systemd/system/$unit.service" || return
    done
}

an_rpm_is_made_of_the_same() {
    rpm -qpl "$work"/out/quantoki-*.rpm >"$work/rpm.list" || return
    (cd "$work/root" && find . -type f | sed 's/^\.//') | sort >"$work/deb.list"
    grep -vxFf "$work/rpm.list" "$work/deb.list" && return 1
    says '^-rw-r----- .*quantoki.* /etc/quantoki/seed.yaml' "$(rpm -qplv "$work"/out/quantoki-*.rpm)"
}

# Newer rpms ask for them on behalf of %attr, and would not install the package.
it_provides_its_users() {
    local wanted
    wanted=$(rpm -qp --requires "$work"/out/quantoki-*.rpm | grep -E '^(user|group)\(' | sort -u)
    for wanted in $wanted 'user(quantoki)' 'group(quantoki-seed)'; do
        rpm -qp --provides "$work"/out/quantoki-*.rpm | grep -qxF "$wanted" || { echo "not provided: $wanted"; return 1; }
    done
}

# ---- the units ----

# The users and programs they name are not on this machine: its own take their place.
unit_for_this_machine() { # unit
    local program=$build/src/seeder/quantoki-seed
    [ "$1" = quantoki-seed ] || program=$build/src/server/quantokid
    sed "s|^ExecStart=[^ ]*|ExecStart=$program|; s|^\(User\|Group\)=.*|\1=root|" "$source_root/packaging/$1.service" \
        >"$work/$1.service"
}

systemd_takes_the_unit() {
    local said
    unit_for_this_machine "$1"
    said=$(systemd-analyze verify --man=no "$work/$1.service" 2>&1) || { echo "$said"; return 1; }
    ! grep "$1" <<<"$said"
}

a_typing_error_in_a_unit_is_seen() {
    unit_for_this_machine quantoki-seed
    sed -i 's/^NoNewPrivileges/NoNewPriviledges/' "$work/quantoki-seed.service"
    says NoNewPriviledges "$(systemd-analyze verify --man=no "$work/quantoki-seed.service" 2>&1)"
}

# Exposure from 0 (none) to 10, in tenths; a service without any settings has 9.6.
the_unit_is_closed() { # unit, most
    unit_for_this_machine "$1"
    sed -i 's/^\(User\|Group\)=root/\1=nobody/' "$work/$1.service"
    systemd-analyze security --no-pager --offline=true --threshold="$2" "$work/$1.service"
}

if [ -n "${QUANTOKI_SANITIZED:-}" ]; then
    skip "a Debian package is made" "the build is sanitized"
elif command -v dpkg-shlibdeps >/dev/null; then
    it "a Debian package is made" a_package_is_made
    it "it holds programs, modules, manual pages, units and a sample" it_holds_what_it_should
    it "all of it belongs to root" all_belongs_to_root
    it "its scripts are shell" its_scripts_are_shell
    it "its programs run, its module loads" its_programs_run
    it "its units name its programs" its_units_name_its_programs
    it "its units wait for their configuration" its_units_wait_for_their_configuration
    if command -v rpmbuild >/dev/null; then
        it "an rpm is made of the same" an_rpm_is_made_of_the_same
        it "it provides the users that own its files" it_provides_its_users
    else
        skip "an rpm is made of the same" "no rpmbuild"
    fi
else
    skip "a Debian package is made" "no dpkg-shlibdeps"
fi
if command -v systemd-analyze >/dev/null; then
    for unit in "${units[@]}"; do it "systemd takes the unit of $unit" systemd_takes_the_unit "$unit"; done
    it "a typing error in a unit is seen" a_typing_error_in_a_unit_is_seen
    for unit in "${units[@]}"; do it "the unit of $unit is closed to what it does not need" the_unit_is_closed "$unit" 20; done
else
    skip "systemd takes the units" "no systemd-analyze"
fi
finish
