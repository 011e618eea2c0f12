import { type Browser, chromium } from "playwright-core";
import { afterwards } from "./afterwards.ts";
import { findProgram } from "./programs.ts";

const executablePath = findProgram("chromium");
export const hasBrowser = executablePath !== null;

/** A real, headless Chromium with a new profile, which asks nobody outside for anything. Closed when the test ends. */
export async function openBrowser(): Promise<Browser> {
  if (!executablePath) throw new Error("chromium is not installed");
  const args = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  const browser = await chromium.launch({ executablePath, args });
  afterwards(() => browser.close());
  return browser;
}
