import type { Page } from "../page.ts";
import { fleet } from "./fleet.ts";
import { lesson } from "./lesson.ts";
import { live } from "./live.ts";
import { machine } from "./machine.ts";
import { research } from "./research.ts";

/** Every dashboard, and the folder of Grafana's that it is in. Folders are what permissions are given on. */
export const FOLDERS: Readonly<Record<string, { readonly title: string; readonly pages: readonly Page[] }>> =
  {
    "focus-teachers": { title: "Focus · Teachers", pages: [live, lesson] },
    "focus-research": { title: "Focus · Research", pages: [research] },
    "focus-it": { title: "Focus · IT", pages: [fleet, machine] },
  };
