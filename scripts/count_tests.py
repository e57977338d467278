#!/usr/bin/env python3
"""Prints 'passed failed skipped' of a ctest run: BUILD/ctest.xml, in which a test program is one test, and its cases
in BUILD/gtest/NAME.xml. A program that left no cases, as it crashed or ran out of time, is one test."""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def state(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.get("status") == "fail":
        return "failed"
    return "skipped" if case.find("skipped") is not None or case.get("status") != "run" else "passed"


def states(build: pathlib.Path, test: ElementTree.Element) -> list[str]:
    file = build / "gtest" / f"{test.get('name')}.xml"
    if not file.is_file():
        return [state(test)]
    cases = [state(case) for case in ElementTree.parse(file).iter("testcase")]
    ended_badly = state(test) == "failed" and "failed" not in cases
    return cases + ["failed"] * ended_badly


folder = pathlib.Path(sys.argv[1])
found = [name for test in ElementTree.parse(folder / "ctest.xml").iter("testcase") for name in states(folder, test)]
print(*(found.count(name) for name in ("passed", "failed", "skipped")))
