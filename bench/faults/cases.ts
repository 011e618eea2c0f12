import { brokers } from "./brokers.ts";
import type { Case } from "./case.ts";
import { clocks } from "./clocks.ts";
import { crashes, fewKills } from "./crash.ts";
import { databases } from "./database.ts";
import { disks } from "./disk.ts";
import { strangers } from "./strangers.ts";
import { values } from "./values.ts";

/** Every fault, by number. */
export const CASES: readonly Case[] = [
  ...crashes,
  ...disks,
  ...databases,
  ...brokers,
  ...strangers,
  ...clocks,
  ...values,
];

/** Those that are done in seconds. */
export const QUICK: readonly Case[] = [fewKills, ...CASES.filter(({ quick }) => quick)];
