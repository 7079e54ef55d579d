// A fresh Chromium for tests and measurements. CHROMIUM names another binary than Debian's.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** A browser context of a browser of its own, with an empty profile, and how to be rid of both. */
export async function openBrowser(options = {}) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  return { browser, context, close: () => browser.close() };
}

/** A browser with a profile in a known folder, so that its processes can be told from others. */
export async function openProfile() {
  const profile = mkdtempSync(join(tmpdir(), "cocal-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS, viewport: { width: 1280, height: 900 },
  });
  return { context, profile, close: async () => { await context.close(); rmSync(profile, { recursive: true, force: true }); } };
}

/** Waits until the last part of the page stands and the map is drawn. */
export async function ready(page) {
  await page.waitForSelector("#provenance");
  if ((await page.locator(".map").count()) > 0) await page.waitForSelector(".map[data-extent]");
}
