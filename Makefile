# SPDX-License-Identifier: Apache-2.0
# The commands of the README. Meson does the building; see meson.build.

BUILD  ?= build
PREFIX ?= /usr/local

.PHONY: all demo check bench install package clean format

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/packages build
	@meson setup $(BUILD) --prefix=$(PREFIX) --libdir=lib -Dbuildtype=debugoptimized -Db_lto=true -Dtests=disabled >$(BUILD).log 2>&1 || { cat $(BUILD).log; rm -f $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log

demo:
	@tools/packages build demo
	@$(MAKE) --no-print-directory all
	@tools/demo $(BUILD)

check:
	@tools/packages build test
	@tools/check

bench: all
	@tools/packages bench
	@bench/run $(BUILD)

install: all
	@tools/install $(BUILD) "$(PREFIX)" "$(if $(DESTDIR),$(abspath $(DESTDIR)))"

package: all
	@tools/packages package
	@packaging/package $(BUILD) $(BUILD)/packages

format:
	@clang-format -i $$(git ls-files 'src/*.[ch]' 'tests/*.[ch]' 'bench/*.[ch]')

clean:
	@rm -rf $(BUILD) build-check build-sanitize
