# make demo   set up, build, run notebooks/quickstart.faa and say where its page is
# make test   set up, build, run all tests, every notebook as a test, Jupyter's conformance tests where Python packages can be had
# make build  the `faa` program alone, at .build/release/faa
# make tutorials  run the course in tutorials/ and write its pages
# make install [PREFIX=/usr/local]
# make reference  writes docs/commands from the table of commands
# make gallery  draws every figure command's page, docs/gallery.html
# make lint   formatting and doc comments; `make format` rewrites
.PHONY: demo test notebooks tutorials build install reference gallery lint format setup clean

PREFIX ?= /usr/local
BUILD = swift build -c release --product faa
FAA = .build/release/faa
QUICKSTART = notebooks/quickstart

demo: build
	@$(FAA) run $(QUICKSTART).faa --html $(QUICKSTART).html
	@echo "The report is $(CURDIR)/$(QUICKSTART).html; plots and results are in $(QUICKSTART).faaout/."

build: setup
	@$(BUILD)

# One test at a time: the interrupt flag, the thread count and gnuplot are the process's, not a test's.
test: setup
	swift build -c release --build-tests -Xswiftc -enable-testing
	swift test -c release -Xswiftc -enable-testing --skip-build --disable-xctest --no-parallel
	@$(MAKE) --no-print-directory notebooks
	@Tests/Jupyter/conformance $(FAA)

# Runs the program that is there: `make test` has built it along with the tests.
notebooks:
	$(FAA) test $(wildcard notebooks/*.faa tutorials/*.faa)

# Every tutorial, run and written as a page beside it, an index of them, and the notebook that the last one goes on to.
tutorials: build
	@cd tutorials && for name in *.faa; do $(CURDIR)/$(FAA) run -q $$name --html $${name%.faa}.html || exit 1; done
	@$(FAA) convert - --to html < tutorials/README.md > tutorials/index.html
	@[ -e $(QUICKSTART).html ] || $(FAA) run -q $(QUICKSTART).faa --html $(QUICKSTART).html
	@echo "The pages are in $(CURDIR)/tutorials/; begin with index.html."

install: build
	install -D $(FAA) $(DESTDIR)$(PREFIX)/bin/faa

reference: build
	@mkdir -p docs/commands
	@$(FAA) reference docs/commands

gallery: build
	@$(FAA) run docs/gallery.faa --html docs/gallery.html --no-times -q

lint:
	swift format lint -r --strict Package.swift Sources Tests

format:
	swift format -i -r Package.swift Sources Tests

setup:
	@scripts/setup

clean:
	rm -rf .build notebooks/*.faaout notebooks/*.html tutorials/*.faaout tutorials/*.html
