# Builds everything; `make help` lists the targets.
#
## make              builds build/release/{qrsvc,qrsvc-jobs,qrsvc-photod,qrlabels}
## make demo         a running service with real records (sh deploy/demo); PORT= STATE= LISTEN=
##                   BASE_URL= TRIAL=1 TLS=1 change it, make demo-stop and demo-reset end it
## make test         everything a change must pass (sh tests/run); PATTERN=http for a part
## make test-all     the full matrix, for a release
## make unit         only builds the unit tests
## make bench        CPU and rates against nginx, pgbench, other stacks, libvips, libqrencode;
##                   ratios of one run, into build/bench*.json (BENCH_ROUNDS, BENCH_SECONDS)
## make bench-scale  look-ups from 10,000 to 10,000,000 facilities; plans and times at 1,000,000
##                   facilities and 10,000,000 records
## make soak         ten minutes of load under restarts, reloads and kills (SOAK_SECONDS=600)
## make chaos        an hour of random faults under load, with a ledger of what was acknowledged;
##                   report in build/test/chaos.md (CHAOS_SECONDS=3600, CHAOS_SEED)
## make lint         format, ranks and doors, clang-tidy, cppcheck, headers, scripts
## make deb          Debian packages qrsvc and qrlabels, into build/deb
## make sbom         what it is all made of, as CycloneDX, into build/sbom.cdx.json
## make format       clang-format over the tree
## make clean        removes build/ (the demo and its data too; stop it first)
#
#   VARIANT=release   optimised and hardened (default), in build/release
#   VARIANT=san       ASan + UBSan                    in build/san
#   VARIANT=fuzz      clang, libFuzzer + ASan + UBSan in build/fuzz
#   CC=clang          likewise, in build/VARIANT-clang
#   WERROR=           warnings stay warnings (for compilers we do not know)
#   V=1               shows the commands

VARIANT ?= release
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(VARIANT),fuzz)
CC := clang
endif
B := build/$(VARIANT)$(if $(findstring clang,$(CC)),$(if $(filter fuzz,$(VARIANT)),,-clang))
WERROR ?= -Werror

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	-Wundef -Wconversion -Wno-sign-conversion $(WERROR)
DEFS := -D_GNU_SOURCE -I. -I$(B)/gen -include qrsvc/base/banned.h
# security.md 46: what Debian's hardening asks for
HARDEN := -O2 -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection \
	-fcf-protection -fPIE
LDHARDEN := -pie -Wl,-z,relro,-z,now,--as-needed
ifneq ($(findstring clang,$(CC)),)
# libseccomp's SCMP_A0() leaves a field out; gcc knows that it comes from a system header
WARN += -Wno-missing-field-initializers
endif
ifeq ($(VARIANT),san)
# these warnings guess from optimised code and guess wrong in instrumented code; the release
# build has them
WARN += -Wno-format-truncation -Wno-stringop-overflow -Wno-maybe-uninitialized
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
LDOPT := -fsanitize=address,undefined
else ifeq ($(VARIANT),fuzz)
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined
LDOPT := -fsanitize=address,undefined
else
# no path of this folder gets into a program: built elsewhere it has the same bytes
OPT := -g -ffile-prefix-map=$(CURDIR)/= -ffile-prefix-map=$(CURDIR)=. $(HARDEN)
LDOPT := $(LDHARDEN)
endif
CFLAGS ?=
ALL_CFLAGS = -std=gnu17 $(WARN) $(DEFS) $(OPT) -MMD -MP $(PKG_CFLAGS) $(CFLAGS)

pkg = $(shell pkg-config $(1) $(2))
# One line a door: which libraries each program needs.
BASE_PKGS := libsodium inih
DAEMON_PKGS := $(BASE_PKGS) libevent_core libpq libdeflate
LABEL_PKGS := libqrencode libpng harfbuzz harfbuzz-subset fontconfig fribidi libunibreak inih libdeflate
JOBS_PKGS := $(DAEMON_PKGS) $(LABEL_PKGS) libcsv libutf8proc zbar libcurl xlsxwriter
PHOTOD_PKGS := libseccomp libjpeg libpng libwebp libwebpdemux libheif libsodium
ALL_PKGS := $(sort $(DAEMON_PKGS) $(LABEL_PKGS) $(JOBS_PKGS) $(PHOTOD_PKGS))
# libcsv ships no pkg-config file on Debian 12
nopc := libcsv
libs = $(call pkg,--libs,$(filter-out $(nopc),$(1))) $(if $(filter libcsv,$(1)),-lcsv)
PKG_CFLAGS := $(subst -I,-isystem ,$(call pkg,--cflags,$(filter-out $(nopc),$(ALL_PKGS))))

obj = $(patsubst %.c,$(B)/o/%.o,$(sort $(1)))
BASE_OBJ := $(call obj,$(wildcard qrsvc/base/*.c))
LABEL_OBJ := $(call obj,$(filter-out labels/main.c,$(wildcard labels/*.c)))
PHOTOD_SRC := qrsvc/photo/photod.c $(wildcard qrsvc/photo/decoder*.c qrsvc/photo/codec*.c)
PHOTOD_OBJ := $(call obj,$(PHOTOD_SRC))
LIB_OBJ := $(call obj,$(filter-out $(PHOTOD_SRC),$(wildcard qrsvc/net/*.c qrsvc/http/*.c \
	qrsvc/db/*.c qrsvc/photo/*.c qrsvc/app/*.c)))
WEB_OBJ := $(call obj,$(wildcard qrsvc/web/*.c)) $(if $(wildcard qrsvc/web/tpl/*),$(B)/gen/tpl.o)
CLI_OBJ := $(call obj,$(wildcard qrsvc/cli/*.c))
JOBS_OBJ := $(call obj,$(wildcard qrsvc/jobs/*.c qrsvc/notice/*.c))
TOP_OBJ := $(call obj,$(filter-out qrsvc/main.c qrsvc/jobs_main.c,$(wildcard qrsvc/*.c)))

PROGRAMS := $(B)/qrsvc $(B)/qrsvc-photod $(B)/qrsvc-jobs $(B)/qrlabels $(B)/demophoto

.PHONY: all help test test-all lint lint-flags gen conf-example format demo demo-stop demo-reset clean
all: $(PROGRAMS)

help:
	@awk '/^##/{sub(/^## ?/,"");print}' Makefile

$(B)/o/%.o: %.c
	@mkdir -p $(@D) $(if $(V),,&& echo "CC $<")
	$(if $(V),,@)$(CC) $(ALL_CFLAGS) -c $< -o $@

# Archives, so that each program and test links only what it calls.
$(B)/libqrbase.a: $(BASE_OBJ)
$(B)/liblabels.a: $(LABEL_OBJ)
$(B)/libqrcore.a: $(LIB_OBJ)
$(B)/libqrweb.a: $(WEB_OBJ)
$(B)/libqrcli.a: $(CLI_OBJ)
$(B)/libqrjobs.a: $(JOBS_OBJ)
$(B)/libqrtop.a: $(TOP_OBJ)
$(B)/libphotod.a: $(filter-out $(B)/o/qrsvc/photo/photod.o,$(PHOTOD_OBJ))
$(B)/lib%.a:
	@mkdir -p $(@D) && rm -f $@
	@ar rcs $@ $^
DAEMON_A := $(B)/libqrtop.a $(B)/libqrweb.a $(B)/libqrcli.a $(B)/libqrcore.a $(B)/liblabels.a \
	$(B)/libqrbase.a
link = $(if $(V),,@echo "LD $@";)$(CC) $(OPT) $(CFLAGS) $(LDOPT) $(LDFLAGS) -o $@ $(1) -Wl,--start-group $(2) -Wl,--end-group $(3) -lm

$(B)/qrsvc: $(B)/o/qrsvc/main.o $(DAEMON_A)
	$(call link,$<,$(DAEMON_A),$(call libs,$(DAEMON_PKGS) libcsv libutf8proc libqrencode))
$(B)/qrsvc-jobs: $(B)/o/qrsvc/jobs_main.o $(B)/libqrjobs.a $(DAEMON_A)
	$(call link,$<,$(B)/libqrjobs.a $(DAEMON_A),$(call libs,$(JOBS_PKGS)))
$(B)/qrsvc-photod: $(B)/o/qrsvc/photo/photod.o $(B)/libphotod.a $(B)/libqrbase.a
	$(call link,$<,$(B)/libphotod.a $(B)/libqrbase.a,$(call libs,$(PHOTOD_PKGS)) -lm)
$(B)/qrlabels: $(B)/o/labels/main.o $(B)/liblabels.a $(B)/libqrbase.a
	$(call link,$<,$(B)/liblabels.a $(B)/libqrbase.a,$(call libs,$(LABEL_PKGS) zbar libsodium libcsv) -lpthread)

# Templates and messages become one C file; tplc stops the build at a mistake in them.
# tests/data/tpl is a second, small set for the tests of the template language.
TPL_SRC := $(wildcard qrsvc/web/tpl/*)
TPL_MSG := qrsvc/web/msg/zh-CN.msg qrsvc/web/msg/en.msg
TPL_TEST := $(wildcard tests/data/tpl/*.html tests/data/tpl/*.txt)
TPL_TEST_MSG := tests/data/tpl/a.msg tests/data/tpl/b.msg
TPLC := ASAN_OPTIONS=detect_leaks=0 $(B)/tplc
# Pictures of the demo and of the tests: demophoto*.c; everything else in tools/ is tplc.
DEMOPHOTO_SRC := $(wildcard qrsvc/tools/demophoto*.c)
$(B)/demophoto: $(call obj,$(DEMOPHOTO_SRC)) $(B)/libqrbase.a
	$(call link,$(filter %.o,$^),$(B)/libqrbase.a,$(call libs,libjpeg) -lm)
$(B)/tplc: $(call obj,$(filter-out $(DEMOPHOTO_SRC),$(wildcard qrsvc/tools/*.c))) $(B)/libqrbase.a
	$(call link,$(filter %.o,$^),$(B)/libqrbase.a,$(call libs,$(BASE_PKGS)))
$(B)/gen/tpl.c $(B)/gen/tpl.h &: $(B)/tplc $(TPL_SRC) $(TPL_MSG) $(wildcard qrsvc/web/static/*.css)
	@mkdir -p $(@D)
	$(TPLC) -n site -o $(B)/gen/tpl -d qrsvc/web/tpl -s qrsvc/web/static \
		$(foreach m,$(TPL_MSG),-m $(basename $(notdir $(m)))=$(m)) $(notdir $(TPL_SRC))
$(B)/gen/tpl_test.c $(B)/gen/tpl_test.h &: $(B)/tplc $(TPL_TEST) $(TPL_TEST_MSG)
	@mkdir -p $(@D)
	$(TPLC) -n test -o $(B)/gen/tpl_test -d tests/data/tpl -s tests/data/tpl \
		$(foreach m,$(TPL_TEST_MSG),-m $(basename $(notdir $(m)))=$(m)) $(notdir $(TPL_TEST))
# compiled in by .incbin, which the compiler's list of dependencies does not name
$(B)/o/qrsvc/web/phone.o: $(wildcard qrsvc/web/static/*.js qrsvc/web/static/*.svg \
	qrsvc/web/static/*.webmanifest)

$(B)/gen/%.o: $(B)/gen/%.c
	$(CC) $(ALL_CFLAGS) -c $< -o $@
$(WEB_OBJ) $(patsubst %,$(B)/o/tests/unit/%.o,feed pages staff_refusal web): | $(B)/gen/tpl.h
$(B)/o/tests/unit/view.o: | $(B)/gen/tpl_test.h

# Unit tests: every tests/unit/NAME.c is one program that prints TAP.
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/*.c))
TEST_A := $(B)/libqrjobs.a $(B)/libphotod.a $(DAEMON_A)
.PHONY: unit
unit: $(UNIT)
$(B)/tests/%: $(B)/o/tests/unit/%.o $(TEST_A)
	@mkdir -p $(@D)
	$(call link,$<,$(TEST_A),$(call libs,$(JOBS_PKGS) $(PHOTOD_PKGS)) -lcmocka -lpthread -lm)

# --- web: pages rendered from documents of tests/data, without an engine ------------------------
# The harness of these tests stands in for the engine: what it defines itself wins over the
# archive, which is there for what the handlers of other pages name.
WEB_A := $(B)/libqrweb.a $(B)/libqrcore.a $(B)/liblabels.a $(B)/libqrbase.a
WEB_LINK = $(call libs,$(DAEMON_PKGS) libqrencode) -Wl,-z,muldefs
WEB_UNIT := json mask pages staff_form state view web
$(WEB_UNIT:%=$(B)/tests/%): $(B)/tests/%: $(B)/o/tests/unit/%.o $(WEB_A)
	@mkdir -p $(@D)
	$(call link,$<,$(filter-out $<,$^),$(WEB_LINK) -lcmocka)
$(B)/tests/view: $(B)/gen/tpl_test.o
$(B)/bench/render: $(B)/o/tests/bench/render.o $(WEB_A)
	@mkdir -p $(@D)
	$(call link,$<,$(WEB_A),$(WEB_LINK))
$(B)/o/tests/bench/render.o: | $(B)/gen/tpl.h

# --- labels: units and a fuzz target without daemon or database ---------------------------------
LABEL_A := $(B)/liblabels.a $(B)/libqrbase.a
LABEL_UNIT := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/label_*.c))
LABEL_LIBS = $(call libs,$(LABEL_PKGS) zbar libsodium libcsv) -lpthread
$(LABEL_UNIT:%=$(B)/tests/%): $(B)/tests/%: $(B)/o/tests/unit/%.o $(LABEL_A)
	@mkdir -p $(@D)
	$(call link,$<,$(LABEL_A),$(LABEL_LIBS) -lcmocka)
$(B)/fuzz/template: $(B)/o/tests/fuzz/fuzz_template.o $(LABEL_A)
	@mkdir -p $(@D)
	$(call link,$<,$(LABEL_A),-fsanitize=fuzzer $(LABEL_LIBS))

# --- http: test server, units without a database, fuzz targets, outside suites ------------------
HTTP_A := $(B)/libqrhttp.a $(B)/libqrbase.a
HTTP_UNIT := addr body ipc loop malformed multipart negotiate parse route server uri
$(B)/libqrhttp.a: $(call obj,$(wildcard qrsvc/net/*.c qrsvc/http/*.c))
$(B)/tests/http_echo: $(B)/o/tests/http/echo.o $(HTTP_A)
	@mkdir -p $(@D)
	$(call link,$<,$(HTTP_A),$(call libs,$(BASE_PKGS) libevent_core))
unit: $(B)/tests/http_echo
$(HTTP_UNIT:%=$(B)/tests/%): $(B)/tests/%: $(B)/o/tests/unit/%.o $(HTTP_A)
	@mkdir -p $(@D)
	$(call link,$<,$(HTTP_A),$(call libs,$(BASE_PKGS) libevent_core) -lcmocka)
# VARIANT=fuzz make fuzzers; tests/fuzz/fuzz.t runs them, FUZZ_SECONDS in all
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
.PHONY: fuzzers fuzz conformance
fuzzers: $(FUZZ:%=$(B)/fuzz/%)
$(B)/fuzz/%: $(B)/o/tests/fuzz/fuzz_%.o $(B)/o/labels/code.o $(HTTP_A)
	@mkdir -p $(@D)
	$(call link,$(filter %.o,$^),$(HTTP_A),-fsanitize=fuzzer $(call libs,$(BASE_PKGS) libevent_core) -lm)
# what the EXIF and profile readers are made of, without the image libraries
$(B)/fuzz/exif: $(patsubst %,$(B)/o/qrsvc/photo/decoder_%.o,exif icc)
fuzz:
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-3600} sh tests/fuzz/fuzz.t
conformance: all $(B)/tests/http_echo
	@rc=0; for t in conformance.t llhttp.t slowhttptest; do \
		echo "# tests/http/$$t"; B=$(B) tests/http/$$t || rc=1; done; exit $$rc
# -------------------------------------------------------------------------------------------------

demo demo-stop demo-reset:
	@sh deploy/demo $(patsubst demo-%,%,$(filter demo-%,$@))
test:
	@sh tests/run $(PATTERN)
test-all:
	@TEST_ALL=1 sh tests/run $(PATTERN)
lint:
	@sh tests/run lint/
# The compiler's flags and the generated files, for tests/lint.
gen: $(B)/gen/tpl.h $(B)/gen/tpl_test.h
lint-flags:
	@echo '$(filter-out -M%,$(ALL_CFLAGS))'
conf-example: $(B)/qrsvc
	@$(B)/qrsvc config-doc >deploy/qrsvc.conf.example
format:
	@git ls-files '*.c' '*.h' | xargs -r clang-format -i

.PHONY: bench bench-scale chaos deb sbom soak
deb: all
	@B=$(B) sh deploy/debian/build
sbom: all
	@deploy/sbom $(B)
bench: all $(B)/bench/render
	sh tests/bench/engine.sh
	sh tests/bench/photo.sh
	sh tests/bench/labels.sh
bench-scale: all
	sh tests/bench/scale.sh
	SCALE_FACILITIES=1000000 tests/sql/scale.t
soak: all
	SOAK_SECONDS=$${SOAK_SECONDS:-600} tests/faults/soak.t
# loaded into the daemon by tests/faults/chaos.t, so without the flags of a program
$(B)/tests/chaos_preload.so: tests/chaos/preload.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 $(WARN) -D_GNU_SOURCE -O2 -g -shared -fPIC -o $@ $< -lfiu
chaos: all
	CHAOS_SECONDS=$${CHAOS_SECONDS:-3600} tests/faults/chaos.t

clean:
	@sh deploy/demo reset
	@find build -maxdepth 5 -type l -lname '/var/tmp/qrsvc.*' -exec sh -c 'rm -rf "$$(readlink "$$1")"' - {} ';' 2>/dev/null || :
	rm -rf build

# objects between a source and a test stay
.SECONDARY:

-include $(shell find $(B) -name '*.d' 2>/dev/null)
