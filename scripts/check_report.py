#!/usr/bin/env python3
"""Opens report pages in headless Chromium, on a desk and on a phone, light and dark, and checks what a reader sees.

    scripts/check_report.py [--panels N] [--screenshots DIR] REPORT…

Fails on: an error or warning in the console, a request to anywhere, a panel that is not drawn or not as many as asked
for, a page that scrolls sideways, text that is cut, a table that does not sort, a legend that does not switch.
Chromium is looked for on PATH and in CHROMIUM; without it the exit code is 77 (skipped).
Only the standard library is used: the browser is driven over its debugging pipe.
"""
import argparse
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SKIPPED = 77
VIEWS = [("desk", 1280, 900), ("phone", 390, 844)]
SCHEMES = ["light", "dark"]

# What is wrong with the page as it is laid out: a list of sentences.
LOOK = r"""(() => {
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`the page scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}`);
  const name = (e) => `<${e.tagName.toLowerCase()} class="${e.getAttribute("class") || ""}"> ${e.textContent.trim().slice(0, 40)}`;
  for (const e of document.body.querySelectorAll("*")) {
    if (e.closest(".scroll, pre, svg, .skip, script") !== null || e.clientWidth === 0) continue;
    if (e.scrollWidth > e.clientWidth + 1) faults.push(`cut: ${name(e)}: ${e.scrollWidth} > ${e.clientWidth}`);
  }
  for (const text of document.querySelectorAll(".plot .main-svg text")) {
    const box = text.getBoundingClientRect(), plot = text.closest(".plot").getBoundingClientRect();
    if (box.width > 0 && (box.left < plot.left - 1 || box.right > plot.right + 1 || box.bottom > plot.bottom + 1))
      faults.push(`leaves its panel: ${text.textContent}`);
  }
  return faults;
})()"""

COUNT = r"""(() => {
  const panels = [...document.querySelectorAll(".panel")];
  const drawn = (p) => {
    const image = p.querySelector("img");
    if (image !== null) return image.complete && image.naturalWidth > 0;
    const lines = p.querySelectorAll(".plot .scatterlayer .trace").length;
    return lines > 0 && lines >= p.querySelectorAll(".legend button").length;
  };
  return [panels.length, panels.filter(drawn).length];
})()"""

USE = r"""(async () => {
  const faults = [];
  const table = document.querySelector("table");
  if (table !== null) {
    const header = [...table.querySelectorAll("th.number")].pop() || table.querySelector("th");
    header.querySelector("button").click();
    header.querySelector("button").click();
    if (header.getAttribute("aria-sort") !== "descending") faults.push("a table's header does not say how it sorts");
    const values = [...table.tBodies[0].rows].map((row) => parseFloat(row.cells[header.cellIndex].textContent.replaceAll(",", "")));
    const numbers = values.filter((v) => !Number.isNaN(v));
    if (header.classList.contains("number") && numbers.some((v, i) => i > 0 && v > numbers[i - 1])) faults.push("a table does not sort");
  }
  const plot = document.querySelector(".plot.js-plotly-plot");
  if (plot !== null) {
    const shown = () => plot.querySelectorAll(".scatterlayer .trace").length;
    const before = shown(), button = plot.parentNode.querySelector(".legend button");
    button.click();
    await new Promise((done) => setTimeout(done, 300));
    if (!(shown() < before) || button.getAttribute("aria-pressed") !== "false") faults.push("a legend does not hide its line");
    button.click();
    const colour = () => [...plot.querySelectorAll(".points path")].map((e) => e.style.fill + e.getAttribute("d")).join();
    const plain = colour();
    document.getElementById("safe-colours").click();
    await new Promise((done) => setTimeout(done, 300));
    if (colour() === plain) faults.push("the switch for safe colours changes nothing");
    document.getElementById("safe-colours").click();
  }
  return faults;
})()"""


class Browser:
    """One headless Chromium with one tab, driven over file descriptors 3 (to it) and 4 (from it)."""

    def __init__(self, program):
        self.profile = tempfile.TemporaryDirectory(prefix="eida-chromium-", ignore_cleanup_errors=True)
        to_read, self.to = os.pipe()
        self.back, back_write = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (to_read, back_write)]
        command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                   "--remote-debugging-pipe", f"--user-data-dir={self.profile.name}", "about:blank"]
        self.process = subprocess.Popen(command, close_fds=False, stderr=subprocess.DEVNULL,
                                        preexec_fn=lambda: [os.dup2(end, wanted) for end, wanted in zip(ends, (3, 4))])
        for end in (to_read, back_write, *ends):
            os.close(end)
        self.pending, self.events, self.number, self.session = b"", [], 0, None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def message(self, deadline):
        while b"\0" not in self.pending:
            if not select.select([self.back], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError("Chromium does not answer")
            piece = os.read(self.back, 1 << 20)
            if not piece:
                raise RuntimeError("Chromium ended")
            self.pending += piece
        text, self.pending = self.pending.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        order = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            order["sessionId"] = self.session
        data = json.dumps(order).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        deadline = time.monotonic() + 120
        while True:
            answer = self.message(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, event):
        deadline = time.monotonic() + 120
        while not any(e.get("method") == event for e in self.events):
            self.events.append(self.message(deadline))

    def evaluate(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", "a script failed"))
        return answer["result"].get("value")

    def open(self, path, width, height, scheme):
        self.events.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.wait_for("Page.loadEventFired")
        self.evaluate("new Promise((done) => setTimeout(done, 500))")

    def screenshot(self, file):
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self):
        """What the page logged, and every address it asked for beside itself."""
        faults = []
        for event in self.events:
            method, what = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                faults.append("exception: " + what["exceptionDetails"].get("exception", {}).get("description", "?"))
            elif method == "Runtime.consoleAPICalled" and what["type"] in ("error", "warning", "assert"):
                faults.append("console: " + " ".join(str(a.get("value", a.get("description"))) for a in what["args"]))
            elif method == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
                faults.append("log: " + what["entry"]["text"])
            elif method == "Network.requestWillBeSent" and not what["request"]["url"].startswith(("file:", "data:", "blob:")):
                faults.append("request: " + what["request"]["url"])
        return faults

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.profile.cleanup()


def check(browser, report, panels, screenshots):
    faults = []
    for view, width, height in VIEWS:
        for scheme in SCHEMES:
            browser.open(report, width, height, scheme)
            if screenshots:
                browser.screenshot(screenshots / f"{report.parent.name}-{report.stem}-{view}-{scheme}.png")
            there, drawn = browser.evaluate(COUNT)
            found = list(browser.evaluate(LOOK))
            if drawn != there:
                found.append(f"{drawn} of {there} panels are drawn")
            if panels is not None and there != panels:
                found.append(f"{there} panels, wanted {panels}")
            found += browser.evaluate(USE) + browser.complaints()
            faults += [f"{view}, {scheme}: {fault}" for fault in found]
    print(f"{report}: {there} panels, {report.stat().st_size / 1e6:.1f} MB, {len(faults)} faults")
    for fault in faults:
        print(f"  {fault}")
    return len(faults)


def find_chromium():
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    return next(filter(None, (shutil.which(name) for name in names if name)), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reports", nargs="+", type=Path, metavar="REPORT")
    parser.add_argument("--panels", type=int, help="number of panels that each page must have")
    parser.add_argument("--screenshots", type=Path, metavar="DIR")
    options = parser.parse_args()
    program = find_chromium()
    if program is None:
        print("skipped: no Chromium (hint: scripts/setup.sh --dev, or CHROMIUM=FILE)")
        return SKIPPED
    if options.screenshots:
        options.screenshots.mkdir(parents=True, exist_ok=True)
    browser = Browser(program)
    try:
        return 1 if sum(check(browser, report, options.panels, options.screenshots) for report in options.reports) else 0
    finally:
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
